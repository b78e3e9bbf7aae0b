/* A child leaves its results in two pages of shared memory, one after the other. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int *first, *second;

int main(void) {
  first = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  second = first + 1024;
  *first = *second = 1;
  if (fork() == 0) {
    *first = 42;
    *second = 43;
    _exit(0);
  }
  wait(NULL);
  printf("the child's results are %d and %d\n", *first, *second);
  return 0;
}
