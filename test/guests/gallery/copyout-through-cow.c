/* The child reads from a pipe into a buffer that it shares with its parent until it is written. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[4096] __attribute__((aligned(4096))) = "the parent's";

int main(void) {
  int ends[2];
  buffer[100] = 1;
  if (pipe(ends)) return 1;
  write(ends[1], "the child's!", 12);
  if (fork() == 0) {
    read(ends[0], buffer, 12);
    _exit(0);
  }
  wait(NULL);
  printf("%s\n", buffer);
  return strcmp(buffer, "the parent's") != 0;
}
