/* The child's first store after a fork is a copy-on-write fault, whose handler uses the stack. */
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
