/* Calls that the compiler inlines: into one another, next to each other, in a loop and in a condition. */
#include <stdio.h>

volatile int sink;

__attribute__((noinline)) static int outside(int value) {
  sink = value;
  return value + 1;
}

static inline __attribute__((always_inline)) int innermost(int small) {
  int tripled = small * 3;
  sink = tripled;
  return tripled + sink;
}

static inline __attribute__((always_inline)) int middle(int size) {
  int doubled = innermost(size) * 2;
  sink = doubled;
  doubled += outside(doubled);
  return doubled;
}

int main(int argc, char **argv) {
  int total = argc;
  sink = total;
  total += middle(total);
  total += innermost(total);
  sink = total;
  for (int i = 0; i < 3; i++)
    total += innermost(i);
  printf("%d\n", total);
  return argv == 0;
}
