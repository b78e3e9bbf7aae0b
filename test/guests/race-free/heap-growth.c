/* The program break and the stack grow on one side only. */
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int deep(int depth) {
  volatile char frame[3000];
  memset((char *)frame, depth, sizeof frame);
  return depth == 0 ? frame[2999] : deep(depth - 1) + frame[1];
}

int main(void) {
  char *start = sbrk(3 * 4096);
  start[0] = 'p';
  pid_t child = fork();
  if (child == 0) {
    char *more = sbrk(20 * 4096);
    more[19 * 4096] = 'c';
    start[0] = 'c';
    printf("child: %ld bytes, %d deep\n", (long)((char *)sbrk(0) - start), deep(60));
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  printf("parent: %ld bytes, %c\n", (long)((char *)sbrk(0) - start), start[0]);
  char *more = sbrk(4096);
  printf("fresh memory is %d\n", more[100]);
  return 0;
}
