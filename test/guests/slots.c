/* What a program can notice of address slots: where it is loaded, what it cannot execute, and how deep it can fork. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int value = 1;

/* The part of the address space that this program is in. */
static int slot(void) { return (unsigned long)&value >> 32; }

static int deepest(int depth) {
  pid_t child = fork();
  if (child < 0) {
    printf("fork %d: %s\n", depth + 1, errno == ENOMEM ? "ENOMEM" : strerror(errno));
    fflush(stdout);
    return depth;
  }
  if (child == 0) {
    value = depth + 2;
    _exit(deepest(depth + 1));
  }
  int status;
  waitpid(child, &status, 0);
  return value == depth + 1 ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    printf("executed in slot %d, value %d\n", slot(), value);
    return 0;
  }
  pid_t child = fork();
  if (child == 0) {
    value = 2;
    execl("./fixed", "fixed", "again", NULL);
    printf("child in slot %d: %s, value %d\n", slot(), errno == ENOEXEC ? "ENOEXEC" : strerror(errno), value);
    fflush(stdout);
    execl(argv[0], argv[0], "again", NULL);
    _exit(99);
  }
  int status;
  waitpid(child, &status, 0);
  printf("parent in slot %d, status %d, value %d\n", slot(), WEXITSTATUS(status), value);
  fflush(stdout);
  printf("%d forks deep\n", deepest(0));
  return 0;
}
