/* A freestanding program whose debug information is rich and small: what the damage tests mutate. */
struct list {
  struct list *next;
  int values[3];
  unsigned low : 3, high : 7;
  union {
    float ratio;
    long bits;
  };
};
enum mode { OFF, ON = 4 };
typedef int (*step)(struct list *, enum mode);

static struct list first = {0, {1, 2, 3}, 5, 6, {0.5f}};
const char *greeting = "hello";
static int matrix[2][2] = {{1, 2}, {3, 4}};

static inline int add(int a, int b) {
  int sum = a + b;
  return sum;
}

__attribute__((noinline)) static int walk(struct list *list, enum mode mode) {
  int total = 0;
  for (int i = 0; i < 3; i++) {
    int value = list->values[i];
    if (mode == ON) {
      int doubled = add(value, value);
      total = add(total, doubled);
    }
  }
  return total + (list->next ? walk(list->next, mode) : matrix[1][0]);
}

__attribute__((noinline)) static long sized(int count) {
  long numbers[count];
  for (int i = 0; i < count; i++)
    numbers[i] = walk(&first, i & 1 ? ON : OFF);
  return numbers[count - 1];
}

int main(void) {
  struct list second = {&first, {4, 5, 6}, 1, 2, {.bits = 3}};
  step how = walk;
  return how(&second, ON) + (int)sized(greeting[0] & 3);
}

void _start(void) {
  register long status __asm__("a0") = main();
  register long number __asm__("a7") = 93;
  __asm__ volatile("ecall" ::"r"(status), "r"(number));
  __builtin_unreachable();
}
