/* For guests that go along the edges of system calls: what each call gives is a line of output. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define P 4096
#define S syscall

static void report(int line, const char *call, long result, int showsValue) {
  if (result == -1) printf("%d: %s = %s\n", line, call, errno ? strerrorname_np(errno) : "-1");
  else if (showsValue) printf("%d: %s = %ld\n", line, call, result);
  else printf("%d: %s = ok\n", line, call);
  fflush(stdout);
}

/* What a call gives: whether it worked, or its error; and the same with its value. */
#define T(call) (errno = 0, report(__LINE__, #call, (long)(call), 0))
#define V(call) (errno = 0, report(__LINE__, #call, (long)(call), 1))

static sigjmp_buf jump;
static volatile int caughtSignal, caughtCode;
static void *volatile caughtAddress;

static void caught(int signal, siginfo_t *info, void *context) {
  caughtSignal = signal;
  caughtCode = info->si_code;
  caughtAddress = info->si_addr;
  siglongjmp(jump, 1);
}

static void catch_faults(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
}

/* What signal a statement brings, and its address as a distance from `base`. */
#define F(base, statement)                                                                              \
  do {                                                                                                  \
    if (!sigsetjmp(jump, 1)) {                                                                          \
      statement;                                                                                        \
      printf("%d: %s: no signal\n", __LINE__, #statement);                                              \
    } else                                                                                              \
      printf("%d: %s: %s code %d at %+ld\n", __LINE__, #statement, sigabbrev_np(caughtSignal),          \
             caughtCode, (long)((char *)caughtAddress - (char *)(base)));                               \
    fflush(stdout);                                                                                     \
  } while (0)
