/* Children come and go, one after the other, more of them than there are slots. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int count = 0;
  for (int i = 0; i < 100; i++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0) break;
    wait(NULL);
    count++;
  }
  printf("%d forks\n", count);
  return count != 100;
}
