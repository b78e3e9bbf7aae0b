// vfork and execve of itself, with arguments, environment and descriptors. Needs its own path as argv[0].
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int wait_status(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1 && strcmp(argv[1], "child") == 0) {
    printf("child got %d args, last %s, X=%s\n", argc, argv[argc - 1], getenv("X"));
    printf("kept fd: %d, closed fd: %d\n", fcntl(10, F_GETFD) >= 0, fcntl(11, F_GETFD) < 0);
    struct sigaction usr1, usr2;
    sigaction(SIGUSR1, 0, &usr1);
    sigaction(SIGUSR2, 0, &usr2);
    printf("handler gone: %d, ignore kept: %d\n", usr1.sa_handler == SIG_DFL, usr2.sa_handler == SIG_IGN);
    return 7;
  }
  dup2(1, 10);
  dup3(1, 11, O_CLOEXEC);
  signal(SIGUSR1, (void (*)(int))main);
  signal(SIGUSR2, SIG_IGN);

  volatile int seen = 0;
  pid_t pid = vfork();
  if (pid == 0) {
    seen = 1;
    char *args[] = {argv[0], "child", "one two", 0};
    char *env[] = {"X=from vfork", 0};
    execve(argv[0], args, env);
    _exit(127);
  }
  printf("vfork shares memory: %d, status %d\n", seen, WEXITSTATUS(wait_status(pid)));

  pid = vfork();
  if (pid == 0) {
    execve("/no/such/program", argv, environ);
    seen = errno;
    _exit(1);
  }
  printf("no such program: %d\n", seen == ENOENT && WEXITSTATUS(wait_status(pid)) == 1);

  char *args[] = {argv[0], "child", "spawned", 0};
  char *env[] = {"X=from spawn", 0};
  int error = posix_spawn(&pid, argv[0], 0, 0, args, env);
  printf("spawn %d status %d\n", error, error ? -1 : WEXITSTATUS(wait_status(pid)));
  error = posix_spawn(&pid, "/missing", 0, 0, args, env);
  printf("spawn of nothing: %d\n", error == ENOENT);

  int fd = open("./script", O_CREAT | O_WRONLY | O_TRUNC, 0755);
  dprintf(fd, "#!%s child\n", argv[0]);
  close(fd);
  setenv("X", "script", 1);
  if ((pid = fork()) == 0) {
    execl("./script", "script", "last", (char *)0);
    _exit(127);
  }
  printf("script status %d\n", WEXITSTATUS(wait_status(pid)));

  fd = open("./text", O_CREAT | O_WRONLY | O_TRUNC, 0755);
  dprintf(fd, "plain text\n");
  close(fd);
  execl("./text", "text", (char *)0);
  printf("text: %d\n", errno == ENOEXEC);
  chmod("./text", 0644);
  execl("./text", "text", (char *)0);
  printf("no permission: %d\n", errno == EACCES);

  size_t size = 3 << 20;
  char *huge = malloc(size);
  memset(huge, 'a', size);
  huge[size - 1] = 0;
  char *too_big[] = {argv[0], huge, 0};
  execv(argv[0], too_big);
  printf("too big: %d\n", errno == E2BIG);
  execve(argv[0], (char **)8, environ);
  printf("bad argv: %d\n", errno == EFAULT);

  if ((pid = fork()) == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, 0);
    execl("/proc/self/exe", argv[0], "child", "self", (char *)0);
    _exit(127);
  }
  printf("self status %d\n", WEXITSTATUS(wait_status(pid)));
  return 0;
}
