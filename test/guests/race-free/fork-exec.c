/* fork, write, execute itself; the parent's memory is as it was. Three generations. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int mark = 7;

int main(int argc, char **argv) {
  int generation = argc > 1 ? atoi(argv[1]) : 0;
  int *heap = malloc(50000 * sizeof *heap);
  heap[40000] = generation;
  if (generation == 3) {
    printf("last: mark %d\n", mark);
    return 30;
  }
  pid_t child = fork();
  if (child == 0) {
    char next[4];
    mark = 70 + generation;
    heap[40000] = -1;
    sprintf(next, "%d", generation + 1);
    execl(argv[0], argv[0], next, NULL);
    _exit(99);
  }
  int status;
  waitpid(child, &status, 0);
  printf("generation %d: mark %d, heap %d, status %d\n", generation, mark, heap[40000], WEXITSTATUS(status));
  return WEXITSTATUS(status) + 1;
}
