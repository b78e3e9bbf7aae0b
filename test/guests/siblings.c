/* A parent with three children, the first of which has a child of its own; all wait, and share pages in every way there is. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, CHILDREN = 3 };

static char table[4 * PAGE] __attribute__((aligned(4096))) = { 1 };

static void wait_for_end(int in) {
  char byte;
  while (read(in, &byte, 1) > 0)
    ;
  _exit(0);
}

int main(void) {
  char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2], ready[2];
  char byte;
  shared[0] = 1;
  for (int page = 0; page < 4; page++) table[page * PAGE] = 2;
  if (pipe(ends) || pipe(ready)) return 1;
  for (int child = 0; child < CHILDREN; child++) {
    if (fork() == 0) {
      close(ends[1]);
      table[child * PAGE] = 3;
      if (child == 0) fork();
      if (write(ready[1], "r", 1) != 1) return 1;
      wait_for_end(ends[0]);
    }
  }
  for (int child = 0; child < CHILDREN + 1; child++)
    if (read(ready[0], &byte, 1) != 1) return 1;
  table[3 * PAGE] = 4; /* all are there */
  byte = 0;            /* the last page is the parent's own */
  close(ends[1]);
  while (wait(NULL) > 0)
    ;
  return byte;
}
