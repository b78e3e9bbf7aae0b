/* posix_spawn of programs that are not there, or none: the child reports why through the memory that it shares. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int main(void) {
  char *arguments[] = {"missing", NULL};
  const char *const paths[] = {"/no/such/program", "given/text", "given"};
  for (int i = 0; i < 3; i++) {
    pid_t child;
    int error = posix_spawn(&child, paths[i], NULL, NULL, arguments, environ);
    printf("%s: %s\n", paths[i], strerror(error));
  }
  printf("children left: %s\n", wait(NULL) < 0 ? strerror(errno) : "some");
  return 0;
}
