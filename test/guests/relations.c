/* Whose child is whose: pidfds, which children wait sees, orphans and subreapers, the parent's death, priorities. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)
#define P_PIDFD_ 3

static int make(unsigned long flags, int signal, int *pidfd) {
  struct clone_args args = {.flags = flags, .exit_signal = signal, .pidfd = (unsigned long)pidfd};
  fflush(stdout);
  return syscall(SYS_clone3, &args, sizeof args);
}

static void pidfds(void) {
  int fd = -1, gate[2];
  pipe(gate);
  int child = make(CLONE_PIDFD, SIGCHLD, &fd);
  if (child == 0) {
    read(gate[0], &fd, 1);
    _exit(7);
  }
  printf("pidfd %d, close on exec %d\n", fd >= 0, fcntl(fd, F_GETFD));
  struct pollfd p = {.fd = fd, .events = POLLIN};
  SHOW(poll(&p, 1, 0));
  int copy = syscall(SYS_pidfd_getfd, fd, gate[1], 0);
  printf("copied %d\n", copy >= 0);
  SHOW(syscall(SYS_pidfd_getfd, fd, 77, 0));
  SHOW(syscall(SYS_pidfd_getfd, gate[0], 0, 0));
  SHOW(syscall(SYS_pidfd_getfd, fd, 0, 1));
  siginfo_t info = {0};
  SHOW(waitid(P_PIDFD_, fd, &info, WEXITED | WNOHANG));
  write(copy, "x", 1);
  SHOW(poll(&p, 1, -1));
  SHOW(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
  SHOW(waitid(P_PIDFD_, fd, &info, WEXITED | WNOWAIT));
  printf("code %d status %d pid %d\n", info.si_code, info.si_status, info.si_pid == child);
  SHOW(waitid(P_PIDFD_, fd, &info, WEXITED));
  SHOW(waitid(P_PIDFD_, fd, &info, WEXITED));
  SHOW(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
  SHOW(syscall(SYS_pidfd_open, child, 0));
  SHOW(syscall(SYS_pidfd_open, -1, 0));
  SHOW(syscall(SYS_pidfd_open, getpid(), 5));
  SHOW(make(CLONE_PIDFD, SIGCHLD, (int *)8));
  child = make(0, SIGCHLD, 0);
  if (child == 0) {
    pause();
    _exit(0);
  }
  int waiting = syscall(SYS_pidfd_open, child, O_NONBLOCK);
  SHOW(waitid(P_PIDFD_, waiting, &info, WEXITED));
  kill(child, SIGKILL);
  int status;
  waitpid(child, &status, 0);
}

static void *makeChild(void *gone) {
  int child = make(0, SIGCHLD, 0);
  if (child == 0) _exit(3);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  SHOW(waitpid(getpid() + 100000, 0, __WNOTHREAD));
  *(int *)gone = child;
  sleep(100);
  return 0;
}

static void whichChildren(void) {
  int status;
  signal(SIGUSR1, SIG_IGN);
  int child = make(0, SIGUSR1, 0);
  if (child == 0) _exit(1);
  SHOW(wait4(child, &status, 0, 0));
  SHOW(wait4(child, &status, __WCLONE, 0) == child);
  child = make(0, 0, 0);
  if (child == 0) _exit(2);
  SHOW(wait4(-1, &status, WNOHANG, 0));
  SHOW(wait4(child, &status, __WALL, 0) == child);
  printf("status %#x\n", status);
  child = make(0, SIGCHLD, 0);
  if (child == 0) _exit(3);
  SHOW(wait4(child, &status, __WCLONE, 0));
  SHOW(wait4(-1, &status, 0, 0) == child);
  volatile int made = 0;
  pthread_t thread;
  pthread_create(&thread, 0, makeChild, (void *)&made);
  while (!made) usleep(1000);
  SHOW(waitpid(-1, &status, __WNOTHREAD));
  SHOW(waitpid(-1, &status, 0) == made);
  SHOW(wait4((int)0x80000000, &status, 0, 0));
  SHOW(wait4(-1, &status, 64, 0));
  siginfo_t info;
  SHOW(waitid(P_ALL, 0, &info, WNOHANG));
  SHOW(waitid(9, 0, &info, WEXITED));
}

static void stops(void) {
  int status, gate[2];
  pipe(gate);
  siginfo_t info = {0};
  fflush(stdout);
  int child = fork();
  if (child == 0) {
    // Linux does not stop a process for the terminal in an orphaned group, which that of the test may be.
    setpgid(0, 0);
    raise(SIGSTOP);
    // A new stop would hide that it went on.
    read(gate[0], &status, 1);
    raise(SIGTSTP);
    _exit(0);
  }
  SHOW(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
  printf("code %d status %d\n", info.si_code, info.si_status);
  SHOW(waitpid(child, &status, WUNTRACED) == child);
  printf("status %#x\n", status);
  SHOW(waitpid(child, &status, WUNTRACED | WNOHANG));
  kill(child, SIGCONT);
  SHOW(waitid(P_PID, child, &info, WCONTINUED));
  printf("code %d status %d\n", info.si_code, info.si_status);
  write(gate[1], "x", 1);
  SHOW(waitpid(child, &status, WUNTRACED) == child);
  printf("status %#x\n", status);
  kill(child, SIGKILL);
  SHOW(waitpid(child, &status, 0) == child);
  printf("status %#x\n", status);
}

static void orphans(void) {
  int back[2], status, value;
  pipe(back);
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  prctl(PR_GET_CHILD_SUBREAPER, &value);
  printf("subreaper %d\n", value);
  fflush(stdout);
  int child = fork();
  if (child == 0) {
    if (fork() == 0) {
      while (getppid() != getpid() - 2 && kill(getppid(), 0) == 0 && getppid() == getpid() - 1) usleep(1000);
      _exit(9);
    }
    _exit(0);
  }
  SHOW(waitpid(child, &status, 0) == child);
  int orphan = wait(&status);
  printf("adopted %d, status %#x\n", orphan > 0 && orphan != child, status);
  prctl(PR_SET_CHILD_SUBREAPER, 0);

  fflush(stdout);
  child = fork();
  if (child == 0) {
    int grandchild = fork();
    if (grandchild == 0) {
      int own = getppid();
      prctl(PR_SET_PDEATHSIG, SIGUSR2);
      prctl(PR_GET_PDEATHSIG, &value);
      signal(SIGUSR1, SIG_DFL);
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGUSR2);
      sigprocmask(SIG_BLOCK, &set, 0);
      write(back[1], "r", 1);
      int got = sigwaitinfo(&set, 0);
      char text[64];
      sprintf(text, "%d: signal %d, parent changed %d", value == SIGUSR2, got == SIGUSR2, getppid() != own);
      write(back[1], text, strlen(text) + 1);
      _exit(0);
    }
    char c;
    read(back[0], &c, 1);
    _exit(0);
  }
  waitpid(child, 0, 0);
  char text[64];
  read(back[0], text, sizeof text);
  printf("%s\n", text);
}

static void attributes(void) {
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 0));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 7));
  SHOW(prctl(PR_SET_DUMPABLE, 1));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_TIMERSLACK, 1234));
  SHOW(prctl(PR_GET_TIMERSLACK));
  SHOW(prctl(PR_SET_PDEATHSIG, 65));
  SHOW(prctl(99999));
  SHOW(setpriority(PRIO_PROCESS, 0, 17));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(setpriority(PRIO_PROCESS, 0, 16));
  SHOW(nice(100));
  SHOW(getpriority(PRIO_PROCESS, 999999));
  SHOW(getpriority(7, 0));
  struct sched_param param = {0};
  SHOW(sched_getscheduler(0));
  SHOW(sched_setscheduler(0, SCHED_BATCH, &param));
  SHOW(sched_getscheduler(0));
  SHOW(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param));
  SHOW(sched_getscheduler(0));
  fflush(stdout);
  if (fork() == 0) {
    SHOW(sched_getscheduler(0));
    SHOW(getpriority(PRIO_PROCESS, 0));
    _exit(0);
  }
  wait(0);
  SHOW(sched_setscheduler(0, SCHED_OTHER, &param));
  param.sched_priority = 5;
  SHOW(sched_setscheduler(0, SCHED_OTHER, &param));
  SHOW(sched_setscheduler(0, SCHED_FIFO, &param));
  param.sched_priority = 0;
  SHOW(sched_setscheduler(0, SCHED_RR, &param));
  SHOW(sched_setscheduler(0, 77, &param));
  SHOW(sched_setscheduler(999999, SCHED_OTHER, &param));
  SHOW(sched_getparam(0, &param));
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_RR));
  SHOW(sched_get_priority_max(SCHED_OTHER));
  SHOW(sched_get_priority_max(4));
  SHOW(syscall(SYS_ioprio_get, 1, 0) >= 0);
  SHOW(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3));
  SHOW(syscall(SYS_ioprio_get, 1, 0));
  SHOW(syscall(SYS_ioprio_set, 1, 0, 4 << 13));
  SHOW(unshare(CLONE_FILES | CLONE_FS));
  SHOW(syscall(SYS_personality, 0xffffffff));
  SHOW(syscall(SYS_chroot, "/"));
  SHOW(syscall(SYS_sethostname, "x", 1));
  SHOW(syscall(SYS_setfsuid, -1) == getuid());
}

int main(void) {
  pidfds();
  whichChildren();
  stops();
  orphans();
  attributes();
  return 0;
}
