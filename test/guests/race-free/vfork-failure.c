/* The child of a vfork fails to execute a program, and tells why through the memory that it shares. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  static char *const argv[] = {"missing", NULL};
  static char *const env[] = {NULL};
  static volatile int error;
  const char *const paths[] = {"/no/such/program", "given/text", "given"};
  for (int i = 0; i < 3; i++) {
    error = 0;
    pid_t child = vfork();
    if (child == 0) {
      execve(paths[i], argv, env);
      error = errno;
      _exit(40 + i);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%s: status %d, %s\n", paths[i], WEXITSTATUS(status), strerror(error));
  }
  return 0;
}
