/* posix_spawn of a program that is there: itself. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc > 2) {
    printf("spawned with %s, %d\n", argv[1], atoi(argv[2]) * 2);
    return atoi(argv[2]);
  }
  for (int i = 1; i < 4; i++) {
    char number[4];
    sprintf(number, "%d", i * 11);
    char *arguments[] = {argv[0], "number", number, NULL};
    pid_t child;
    int error = posix_spawn(&child, argv[0], NULL, NULL, arguments, environ), status = 0;
    if (!error) waitpid(child, &status, 0);
    printf("%s, status %d\n", strerror(error), WEXITSTATUS(status));
    fflush(stdout);
  }
  return 0;
}
