/* Children end by signals, some after they wrote to memory. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int value = 1;

int main(void) {
  const int signals[] = {SIGKILL, SIGTERM, SIGABRT, SIGSEGV, SIGUSR1};
  for (int i = 0; i < 5; i++) {
    pid_t child = fork();
    if (child == 0) {
      value = 100 + i;
      if (signals[i] == SIGSEGV) *(volatile int *)16 = value;
      if (signals[i] == SIGABRT) abort();
      kill(getpid(), signals[i]);
      _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("signaled %d by %d, value %d\n", WIFSIGNALED(status), WTERMSIG(status), value);
  }
  return 0;
}
