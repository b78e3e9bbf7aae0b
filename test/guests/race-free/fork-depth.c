/* Forks three deep, two at each level: every process counts its descendants from their exit statuses. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int tree(int depth, int path) {
  int below = 0;
  if (depth == 3) return 0;
  for (int side = 0; side < 2; side++) {
    pid_t child = fork();
    if (child == 0) {
      int count = tree(depth + 1, path * 2 + side);
      printf("%*sdepth %d, path %d: %d below\n", depth * 2, "", depth + 1, path * 2 + side, count);
      fflush(stdout);
      _exit(count + 1);
    }
    int status;
    waitpid(child, &status, 0);
    below += WEXITSTATUS(status);
  }
  return below;
}

int main(void) {
  int count = tree(0, 0);
  printf("%d processes below the first\n", count);
  return count == 14 ? 0 : 1;
}
