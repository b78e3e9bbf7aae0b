/* pthread_atfork handlers run on each side, in each one's memory. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char trace[16];
static int length;

static void before(void) { trace[length++] = 'b'; }
static void in_parent(void) { trace[length++] = 'p'; }
static void in_child(void) { trace[length++] = 'c'; }

int main(void) {
  pthread_atfork(before, in_parent, in_child);
  for (int i = 0; i < 3; i++)
    if (fork() == 0) {
      printf("child %d: %s\n", i, trace);
      fflush(stdout);
      _exit(0);
    } else
      wait(NULL);
  printf("parent: %s\n", trace);
  return 0;
}
