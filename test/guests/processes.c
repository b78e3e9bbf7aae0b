/* Groups, sessions, orphans, zombies, and what the kernel tells of children, threads and schedules. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static int ends[2];

/* A child that waits until it is told to go on. */
static pid_t waiting_child(void) {
  pid_t pid = fork();
  if (pid) return pid;
  for (;;) pause();
}

static void groups(void) {
  pid_t child = waiting_child(), second = waiting_child();
  SHOW(setpgid(child, child));
  SHOW(getpgid(child) == child);
  SHOW(setpgid(second, child));
  SHOW(getpgid(second) == child);
  SHOW(setpgid(second, 999999));
  SHOW(setpgid(-1, 0));
  SHOW(setpgid(999999, 0));
  SHOW(getpgid(999999));
  SHOW(getpgid(0) == getpgrp());
  SHOW(waitpid(-999999, 0, WNOHANG));
  SHOW(waitpid(0, 0, WNOHANG));
  SHOW(killpg(child, SIGTERM));
  int status;
  for (int i = 0; i < 2; i++) {
    SHOW(waitpid(-child, &status, 0) > 0);
    printf("signal %d\n", WTERMSIG(status));
  }
  SHOW(killpg(child, 0));
  SHOW(getsid(0) == getsid(getppid()));
  if (fork() == 0) {
    SHOW(setsid() == getpid());
    SHOW(setsid());
    SHOW(getsid(0) == getpid() && getpgrp() == getpid());
    SHOW(setpgid(0, 0));
    SHOW(getsid(getppid()) != getsid(0));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
}

static void orphans(void) {
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  int is = 0;
  SHOW(prctl(PR_GET_CHILD_SUBREAPER, &is));
  printf("subreaper %d\n", is);
  pipe(ends);
  if (fork() == 0) {
    if (fork() == 0) {
      char byte;
      close(ends[1]);
      read(ends[0], &byte, 1);
      _exit(33);
    }
    _exit(1);
  }
  int status;
  wait(&status);
  printf("child %d\n", WEXITSTATUS(status));
  close(ends[1]);
  SHOW(wait(&status) > 0);
  printf("grandchild %d\n", WEXITSTATUS(status));
  SHOW(wait(&status));
  close(ends[0]);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void waiting(void) {
  siginfo_t i;
  pid_t child = waiting_child();
  memset(&i, 0, sizeof i);
  SHOW(waitid(P_PID, child, &i, WEXITED | WNOHANG));
  printf("nothing yet: %d %d\n", i.si_pid, i.si_signo);
  kill(child, SIGSTOP);
  SHOW(waitid(P_PID, child, &i, WSTOPPED));
  printf("code %d status %d signo %d\n", i.si_code, i.si_status, i.si_signo);
  SHOW(waitid(P_PID, child, &i, WSTOPPED | WNOHANG));
  kill(child, SIGCONT);
  SHOW(waitid(P_PID, child, &i, WCONTINUED | WNOWAIT));
  printf("code %d status %d\n", i.si_code, i.si_status);
  SHOW(waitid(P_PID, child, &i, WCONTINUED));
  kill(child, SIGKILL);
  SHOW(waitid(P_ALL, 0, &i, WEXITED | WNOWAIT));
  printf("code %d status %d\n", i.si_code, i.si_status);
  SHOW(kill(child, 0));
  SHOW(waitid(P_PGID, getpgrp(), &i, WEXITED));
  SHOW(kill(child, 0));
  SHOW(waitid(P_PID, child, &i, WEXITED));
  SHOW(waitid(P_PID, 1, &i, 0));
  SHOW(waitid(77, 1, &i, WEXITED));
  SHOW(waitpid(-1, 0, 0x4000));
  struct rusage usage;
  if (fork() == 0) {
    for (volatile int k = 0; k < 100000; k++) {}
    _exit(2);
  }
  int status;
  SHOW(wait4(-1, &status, 0, &usage) > 0);
  printf("status %x, used time: %d\n", status, usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec >= 0);
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(0);
  SHOW(wait(0));
  signal(SIGCHLD, SIG_DFL);
}

static void clones(void) {
  struct clone_args a;
  memset(&a, 0, sizeof a);
  a.exit_signal = SIGCHLD;
  pid_t pid = syscall(SYS_clone3, &a, sizeof a);
  if (pid == 0) _exit(4);
  int status;
  SHOW(waitpid(pid, &status, 0) == pid);
  printf("status %x\n", status);
  SHOW(syscall(SYS_clone3, &a, 8));
  a.flags = CLONE_THREAD;
  SHOW(syscall(SYS_clone3, &a, sizeof a));
  a.flags = CLONE_SIGHAND;
  SHOW(syscall(SYS_clone3, &a, sizeof a));
  a.flags = 0, a.exit_signal = 99;
  SHOW(syscall(SYS_clone3, &a, sizeof a));
  volatile int *seen = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid = fork();
  if (pid == 0) {
    *seen = 1;
    _exit(0);
  }
  waitpid(pid, 0, 0);
  printf("private: %d\n", *seen);
  a.exit_signal = 0;
  pid = syscall(SYS_clone3, &a, sizeof a);
  if (pid == 0) _exit(5);
  SHOW(waitpid(pid, &status, 0));
  SHOW(waitpid(pid, &status, __WCLONE) == pid);
  printf("status %x\n", status);
}

static void *exits(void *argument) {
  pthread_join(*(pthread_t *)argument, 0);
  usleep(1000);
  _exit(21);
}

static pthread_t leader;

static void threads(void) {
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    pthread_t t;
    leader = pthread_self();
    pthread_create(&t, 0, exits, &leader);
    pthread_exit(0);
  }
  SHOW(waitpid(pid, &status, 0) == pid);
  printf("the leader ended first: %d\n", WEXITSTATUS(status));
  SHOW(gettid() == getpid());
  SHOW(tgkill(getpid(), 999999, 0));
  SHOW(tgkill(getpid(), gettid(), 0));
  SHOW(tgkill(-1, gettid(), 0));
  SHOW(syscall(SYS_tkill, -1, 0));
}

static void names(void) {
  char b[17] = {0};
  SHOW(prctl(PR_SET_NAME, "a very long name of a thread"));
  SHOW(prctl(PR_GET_NAME, b));
  printf("<%s>\n", b);
  SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR1));
  int s = 0;
  SHOW(prctl(PR_GET_PDEATHSIG, &s));
  printf("%d\n", s);
  SHOW(prctl(PR_SET_PDEATHSIG, 99));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 7));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(12345));
}

static void schedules(void) {
  struct sched_param p = {0};
  SHOW(sched_getscheduler(0));
  SHOW(sched_getparam(0, &p));
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_OTHER));
  SHOW(sched_get_priority_max(99));
  SHOW(sched_getscheduler(-1));
  SHOW(sched_getscheduler(999999));
  p.sched_priority = 5;
  SHOW(sched_setscheduler(0, SCHED_OTHER, &p));
  SHOW(sched_yield());
  cpu_set_t set;
  SHOW(sched_getaffinity(0, sizeof set, &set));
  SHOW(CPU_COUNT(&set) >= 1);
  SHOW(sched_getaffinity(0, 3, &set));
  CPU_ZERO(&set);
  SHOW(sched_setaffinity(0, sizeof set, &set));
  SHOW(getpriority(PRIO_PROCESS, 0) == getpriority(PRIO_PROCESS, getpid()));
  SHOW(getpriority(PRIO_PROCESS, 999999));
  SHOW(getpriority(9, 0));
  SHOW(setpriority(PRIO_PROCESS, 999999, 0));
  SHOW(setpriority(9, 0, 0));
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  groups();
  orphans();
  waiting();
  clones();
  threads();
  names();
  schedules();
  return 0;
}
