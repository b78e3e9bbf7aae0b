/* Forks while a transfer into the top page of the stack is under way. */
#include <sys/wait.h>
#include <unistd.h>

static volatile int value = 1;

int main(void) {
  if (fork() == 0) {
    value = 2;
    _exit(0);
  }
  wait(NULL);
  return value != 1;
}
