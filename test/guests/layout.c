/* Where things are: the stack, the heap, a mapping, the program and the C library. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int local;
  char *mapped = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void *allocated = malloc(100);
  printf("stack %p\nheap %p\nbreak %p\nmapping %p\nprogram %p\nlibrary %p\n", &local, allocated, sbrk(0), mapped, main, puts);
  fflush(stdout);
  if (argc > 1) return 0;
  char *big = alloca(7 << 20);
  big[0] = 1;
  memset(mapped, 1, 1 << 20);
  if (fork() == 0) {
    printf("child %d\n", mapped == mmap(mapped, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  char *again[] = {argv[0], "again", 0};
  execv(argv[0], again);
  return 1;
}
