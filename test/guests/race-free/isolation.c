/* Writes to data, bss, heap and stack on one side are not seen on the other, over two generations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int data = 1;
static int bss[5000];

static void show(const char *who, const char *heap, const char *stack) {
  printf("%s: data %d bss %d %d heap %c %c stack %c\n", who, data, bss[0], bss[4999], heap[0], heap[19999], stack[0]);
  fflush(stdout);
}

static void change(int by, char *heap, char *stack) {
  data += by;
  bss[0] += by;
  bss[4999] -= by;
  heap[0] += by;
  heap[19999] += by;
  stack[0] += by;
}

int main(void) {
  char stack[9000];
  char *heap = malloc(20000);
  memset(heap, 'a', 20000);
  memset(stack, 'a', sizeof stack);
  change(1, heap, stack);
  pid_t child = fork();
  if (child == 0) {
    show("child before", heap, stack);
    change(2, heap, stack);
    pid_t grandchild = fork();
    if (grandchild == 0) {
      change(4, heap, stack);
      show("grandchild", heap, stack);
      _exit(0);
    }
    waitpid(grandchild, NULL, 0);
    show("child", heap, stack);
    change(1, heap, stack);
    show("child after", heap, stack);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  show("parent", heap, stack);
  change(8, heap, stack);
  show("parent after", heap, stack);
  return 0;
}
