/* The child writes a variable that it still shares with its parent. */
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
