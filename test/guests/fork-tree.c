// A tree of processes, each with its own copy of an array, and forks before any write.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static long values[8 * 512];

static int node(int depth, int index) {
  if (depth == 0) {
    long sum = 0;
    for (int i = 0; i < 8; i++) sum += values[i * 512];
    return (sum + index) & 63;
  }
  int total = 0;
  for (int i = 0; i < 2; i++) {
    pid_t pid = fork();
    if (pid < 0) exit(99);
    if (pid == 0) {
      values[depth * 512] += depth * (i + 1);
      _exit(node(depth - 1, index * 2 + i));
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) exit(98);
    total += WEXITSTATUS(status);
  }
  return total & 63;
}

int main(void) {
  for (int i = 0; i < 8; i++) values[i * 512] = i;
  printf("depth 1: %d\n", node(1, 0));
  printf("depth 3: %d\n", node(3, 0));
  printf("depth 5: %d\n", node(5, 0));
  long sum = 0;
  for (int i = 0; i < 8; i++) sum += values[i * 512];
  printf("own values: %ld\n", sum);
  return 0;
}
