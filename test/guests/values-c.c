/* Objects of every kind of C type, all set before the checkpoint that looks at them. */
#include <complex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

__attribute__((noinline)) void checkpoint(void) { __asm__ volatile("" ::: "memory"); }
/* Keeps an object in memory, or at least alive. */
static inline void keep(const volatile void *object) { __asm__ volatile("" ::"r"(object) : "memory"); }

enum shade { DARK = -3, DIM = 0, BRIGHT = 7 };
enum access { READ = 1, WRITE = 2, EXECUTE = 4, ALL = 7 };
enum wide { HUGE_VALUE = 0x123456789abcdefLL, TINY = 1 };

struct pair {
  short first;
  char second;
};

struct packed {
  unsigned low : 3;
  int middle : 7;
  unsigned long long high : 41;
  enum access mode : 4;
  _Bool flag : 1;
  signed char last;
} __attribute__((packed));

union any {
  int integer;
  float single;
  char text[8];
  struct pair pair;
};

struct flexible {
  int count;
  struct pair items[];
};

struct tree {
  struct tree *left, *right;
  const char *name;
  int (*weigh)(const struct tree *);
  struct {
    int x, y;
  } at;
  struct {
    union {
      int hidden;
      unsigned shown;
    };
    int last;
  };
  struct pair pairs[2][2];
};

static int weigh(const struct tree *tree) { return tree->at.x; }

struct tree leaf = {0, 0, "leaf", weigh, {1, 2}, {{3}, 4}, {{{1, 'a'}, {2, 'b'}}, {{3, 'c'}, {4, 'd'}}}};
struct tree root = {&leaf, 0, "root", weigh, {5, 6}, {{-7}, 8}, {{{9, 'z'}}}};
static const unsigned long table[3][2] = {{1, 2}, {3, 4}, {5, ~0UL}};
const char *const names[] = {"one", "two", 0};
volatile int counter = 12;
static int *volatile nowhere;
_Thread_local short per_thread = -9;

__attribute__((noinline)) static long numbers(signed char s8, unsigned char u8, short s16, unsigned short u16, int s32,
                                              unsigned u32, long s64, unsigned long u64, float f, double d) {
  _Bool yes = 1, no = 0;
  long double quad = 1.1L, big = -1e4000L;
  __int128 huge = ((__int128)1 << 100) - 3, negative = -huge;
  unsigned __int128 most = ~(unsigned __int128)0;
  float complex fc = 1.5f - 2.5f * I;
  double complex dc = -0.25 + 1e100 * I;
  char letter = 'x';
  wchar_t wide = L'\u20ac';
  char16_t sixteen = u'\u00e9';
  char32_t thirty_two = U'\U0001f600';
  float tiny = 1e-40f, zero = -0.0f, infinite = 1 / 0.0f;
  double third = 1.0 / 3, largest = 1.7976931348623157e308, not_a_number = 0.0 / 0.0;
  enum shade dark = DARK, bright = BRIGHT, none = (enum shade)5;
  enum access both = READ | EXECUTE, all = ALL, odd = (enum access)9;
  enum wide enormous = HUGE_VALUE;
  keep(&yes), keep(&no), keep(&quad), keep(&big), keep(&huge), keep(&negative), keep(&most), keep(&fc), keep(&dc), keep(&letter);
  keep(&wide), keep(&sixteen), keep(&thirty_two), keep(&tiny), keep(&zero), keep(&infinite), keep(&third), keep(&largest);
  keep(&not_a_number), keep(&dark), keep(&bright), keep(&none), keep(&both), keep(&all), keep(&odd), keep(&enormous);
  checkpoint();
  return s8 + u8 + s16 + u16 + s32 + u32 + s64 + (long)u64 + (long)f + (long)d;
}

__attribute__((noinline)) static int objects(int size, struct pair by_value, struct tree *tree) {
  struct packed bits = {5, -42, 0x1ffffffffffULL, WRITE | EXECUTE, 1, -1};
  union any any = {.single = 1.0f};
  struct flexible *flexible = malloc(sizeof *flexible + 3 * sizeof(struct pair));
  flexible->count = 3;
  for (int i = 0; i < 3; i++)
    flexible->items[i] = (struct pair){(short)(i * 100), (char)('p' + i)};
  int grid[2][3][4];
  for (int i = 0; i < 24; i++)
    ((int *)grid)[i] = i * i;
  int variable[size][2];
  for (int i = 0; i < size; i++)
    variable[i][0] = i, variable[i][1] = -i;
  char buffer[12] = "caf\xc3\xa9";
  unsigned char raw[4] = {0, 1, 254, 255};
  wchar_t wide[4] = L"w\u00efd";
  char16_t utf16[3] = u"hi";
  struct tree *nodes[3] = {tree, tree->left, 0};
  struct tree **where = nodes;
  int (*function)(const struct tree *) = tree->weigh;
  const char *text = names[1];
  volatile void *opaque = &counter;
  float vector __attribute__((vector_size(16))) = {1, 2, 3, 4};
  struct pair copy = by_value;
  keep(&bits), keep(&any), keep(&flexible), keep(&grid), keep(&variable), keep(&buffer), keep(&raw), keep(&wide), keep(&utf16);
  keep(&nodes), keep(&where), keep(&function), keep(&text), keep(&opaque), keep(&vector), keep(&copy);
  {
    int size = grid[1][2][3];
    double buffer = 2.5;
    keep(&size), keep(&buffer);
    checkpoint();
  }
  return function(tree) + variable[size - 1][1] + bits.middle + any.integer + (int)vector[2];
}

int main(void) {
  long sum = numbers(-1, 200, -300, 60000, -70000, 4000000000u, -5000000000L, 1UL << 63, 0.1f, 2.718281828459045);
  sum += objects(3, (struct pair){-2, 'q'}, &root);
  sum += per_thread + (nowhere != 0) + (long)table[2][0];
  checkpoint();
  return sum == 0;
}
