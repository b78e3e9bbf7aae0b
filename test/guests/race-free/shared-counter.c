/* Processes count in shared memory, one after the other; a private counter beside it stays each one's own. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shared[0] = private[0] = 100;
  for (int round = 0; round < 10; round++) {
    pid_t child = fork();
    if (child == 0) {
      shared[0] += round;
      shared[1024 + round] = round * round;
      private[0] += round;
      _exit(private[0] - 100);
    }
    int status;
    waitpid(child, &status, 0);
    printf("round %d: shared %d, page two %d, private %d, child's private %d\n", round, shared[0], shared[1024 + round],
           private[0], 100 + WEXITSTATUS(status));
  }
  return 0;
}
