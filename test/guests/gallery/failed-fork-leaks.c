/* Forks with more memory touched than can be copied: fork fails, and the program goes on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  size_t length = 6 << 20;
  char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 1, length);
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) wait(NULL);
  printf("fork: %s\n", child < 0 ? strerror(errno) : "done");
  return 0;
}
