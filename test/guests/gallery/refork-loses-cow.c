/* A process forks twice without writing in between; the second child writes. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int value = 1;

int main(void) {
  for (int i = 0; i < 2; i++) {
    if (fork() == 0) {
      value = 10 + i;
      _exit(value);
    }
    int status;
    wait(&status);
    printf("child %d: %s %d\n", i, WIFSIGNALED(status) ? "signal" : "status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  }
  return 0;
}
