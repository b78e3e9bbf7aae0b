/*
 * A crowd for a debugger to look at: PAGES touched pages, shared by CROWD sleeping children, and lines to step over.
 * Arguments: PAGES CROWD.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

static int add(int left, int right) {
  int sum = left + right;
  return sum;
}

int main(int argc, char **argv) {
  size_t pages = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
  int crowd = argc > 2 ? atoi(argv[2]) : 10;
  char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (size_t page = 0; page < pages; page++) memory[page * PAGE] = 1;
  for (int child = 0; child < crowd; child++) {
    int pid = fork();
    if (pid < 0) return 2;
    if (pid == 0)
      for (;;) pause();
  }
  int total = 0;
  for (int round = 0;; round++) {
    total = add(total, round); /* stop here */
    memory[(size_t)total % pages * PAGE]++;
    total &= 0xffff;
  }
}
