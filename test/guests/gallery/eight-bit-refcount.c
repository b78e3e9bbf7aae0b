/* 260 children live at the same time, and all have the parent's pages. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  static pid_t children[260];
  for (int i = 0; i < 260; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      pause();
      _exit(0);
    }
  }
  for (int i = 0; i < 260; i++) kill(children[i], SIGKILL);
  for (int i = 0; i < 260; i++) wait(NULL);
  printf("260 sharers\n");
  return 0;
}
