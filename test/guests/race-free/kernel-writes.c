/* What the kernel writes into memory of one side (read, pipe, wait status, time) is not seen on the other. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[8192];
static int status, ends[2];

int main(void) {
  strcpy(buffer, "the parent's bytes");
  strcpy(buffer + 5000, "and these");
  pid_t child = fork();
  if (child == 0) {
    pipe(ends);
    write(ends[1], "from the kernel", 16);
    read(ends[0], buffer, 16);
    getcwd(buffer + 5000, 1000);
    buffer[5001] = 0;
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(5);
    waitpid(grandchild, &status, 0);
    printf("child: %s, %s, status %d, pipe %d\n", buffer, buffer + 5000, WEXITSTATUS(status), ends[0] > 0);
    fflush(stdout);
    _exit(6);
  }
  waitpid(child, &status, 0);
  printf("parent: %s, %s, status %d, pipe %d\n", buffer, buffer + 5000, WEXITSTATUS(status), ends[0] > 0);
  return 0;
}
