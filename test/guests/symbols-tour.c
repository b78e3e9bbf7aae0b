/* Every kind of variable, scope and call that the symbol reader has to tell apart. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN = 5, BLUE = -2 };
enum flags { READ = 1, WRITE = 2, EXEC = 4 };
typedef unsigned long word;
typedef int (*comparison)(const void *, const void *);

struct point {
  int x, y;
};

struct node {
  struct node *next;
  const char *label;
  struct point at;
  union {
    float ratio;
    uint32_t bits;
  };
  unsigned low : 3;
  signed middle : 5;
  unsigned high : 12;
  char name[8];
};

static int counter = 41;
int shared_total;
const double golden = 1.618;
__thread int per_thread = 7;
struct node head = {0, "head", {3, -4}, {0.5f}, 5, -6, 1000, "abc"};
static int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};

__attribute__((noinline)) void checkpoint(void) { __asm__ volatile("" ::: "memory"); }

static inline __attribute__((always_inline)) int square(int side) {
  int area = side * side;
  shared_total += area;
  return area;
}

static int by_value(const void *a, const void *b) {
  int left = *(const int *)a;
  int right = *(const int *)b;
  if (left == 1 && right == 2)
    checkpoint();
  return (left > right) - (left < right);
}

static int factorial(int n) {
  static int deepest;
  if (n <= 1) {
    deepest = n;
    checkpoint();
    return 1;
  }
  return n * factorial(n - 1);
}

static long scalars(char letter, short small, word big, float single, double twice) {
  signed char negative = -3;
  unsigned char byte = 200;
  _Bool yes = 1;
  enum color shade = BLUE;
  enum flags mode = READ | EXEC;
  const char *text = "hello \"world\"\n";
  void *nothing = 0;
  comparison compare = by_value;
  long double wide = 2.5L;
  struct node *chain = &head;
  struct point corner = {10, 20};
  int numbers[5] = {9, 8, 7, 6, 5};
  volatile long sum = letter + small + (long)big;
  for (int i = 0; i < 2; i++) {
    int sum = i * 100;
    if (i == 1)
      checkpoint();
    numbers[i] += sum;
  }
  return sum + negative + byte + yes + shade + mode + (text != nothing) + (compare != 0) + (long)wide + chain->at.x +
         corner.x + numbers[2] + (long)single + (long)twice;
}

static int variable_length(int count) {
  int squares[count];
  for (int i = 0; i < count; i++)
    squares[i] = square(i);
  checkpoint();
  return squares[count - 1];
}

int main(int argc, char **argv) {
  int values[] = {3, 1, 2};
  qsort(values, 3, sizeof *values, by_value);
  long result = factorial(4);
  result += scalars('A', -300, 123456789012345UL, 1.5f, -0.25);
  result += variable_length(argc + 3);

  counter += matrix[1][2];
  printf("%ld %d %s\n", result, counter, argv[0] ? "ok" : "");
  return 0;
}
