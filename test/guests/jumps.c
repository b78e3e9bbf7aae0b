// setjmp and longjmp, deep recursion, stack growth, computed calls.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf point;

static int deep(int n) {
  unsigned char space[512];
  memset(space, n, sizeof space);
  if (n == 0) return space[100];
  return deep(n - 1) + space[n % 512] % 2;
}

static void leave(int depth) {
  if (depth == 0) longjmp(point, 33);
  leave(depth - 1);
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void) {
  volatile int times = 0;
  int value = setjmp(point);
  printf("setjmp %d\n", value);
  if (times++ < 2) leave(times * 10);
  printf("deep %d\n", deep(10000));
  int numbers[1000];
  for (int i = 0; i < 1000; i++) numbers[i] = (i * 7919) % 1009;
  qsort(numbers, 1000, sizeof *numbers, compare);
  printf("sorted %d %d %d\n", numbers[0], numbers[500], numbers[999]);
  return 0;
}
