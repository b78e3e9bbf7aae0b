/* A child leaves its result in shared memory. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  volatile int *result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *result = 1;
  if (fork() == 0) {
    *result = 42;
    _exit(0);
  }
  wait(NULL);
  printf("the child's result is %d\n", *result);
  return *result != 42;
}
