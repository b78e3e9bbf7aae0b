// fork, private memory on both sides, wait and every kind of exit status.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int global = 1;
static char big[64 * 4096];

static int reap(pid_t pid) {
  int status;
  pid_t got;
  do got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  if (got != pid) return -1;
  return status;
}

int main(void) {
  int local = 10;
  int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (unsigned i = 0; i < sizeof big; i += 4096) big[i] = i / 4096;
  setvbuf(stdout, 0, _IONBF, 0);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    global = 2;
    local = 20;
    *shared = 7;
    int sum = 0;
    for (unsigned i = 0; i < sizeof big; i += 4096) sum += big[i]++;
    printf("child: global %d local %d sum %d parent is %d\n", global, local, sum, getppid() == parent);
    _exit(3);
  }
  int status = reap(pid);
  int sum = 0;
  for (unsigned i = 0; i < sizeof big; i += 4096) sum += big[i];
  printf("parent: global %d local %d sum %d shared %d\n", global, local, sum, *shared);
  printf("exited %d with %d\n", WIFEXITED(status), WEXITSTATUS(status));

  if ((pid = fork()) == 0) abort();
  status = reap(pid);
  printf("signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));

  if ((pid = fork()) == 0) *(volatile int *)16 = 1;
  status = reap(pid);
  printf("signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));

  if ((pid = fork()) == 0)
    for (;;) pause();
  kill(pid, SIGTERM);
  status = reap(pid);
  printf("signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));

  printf("no child: %d", waitpid(-1, &status, 0));
  printf(" %d\n", errno == ECHILD);
  if ((pid = fork()) == 0) {
    usleep(1000);
    _exit(0);
  }
  printf("not yet: %d\n", waitpid(pid, &status, WNOHANG));
  siginfo_t info = {0};
  printf("waitid %d", waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
  printf(" pid %d code %d status %d\n", info.si_pid == pid, info.si_code, info.si_status);
  printf("still there: %d\n", reap(pid) == 0);
  return 0;
}
