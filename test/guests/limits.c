// What a hostile program may try: bad pointers everywhere, huge lengths, too many descriptors, unknown syscalls.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long call(long n, long a, long b, long c, long d, long e, long f) {
  long result = syscall(n, a, b, c, d, e, f);
  return result < 0 ? -errno : result;
}

int main(void) {
  long bad[] = {8, -4096, 1L << 62, (long)0x8000000000000000};
  int fds[2];
  pipe(fds);
  char byte;
  for (int i = 0; i < 4; i++) {
    long p = bad[i];
    printf("%ld %ld %ld %ld %ld %ld %ld\n", call(SYS_openat, AT_FDCWD, p, 0, 0, 0, 0), call(SYS_write, fds[1], p, 5, 0, 0, 0),
           call(SYS_clock_gettime, 1, p, 0, 0, 0, 0), call(SYS_uname, p, 0, 0, 0, 0, 0), call(SYS_rt_sigaction, SIGUSR1, p, 0, 8, 0, 0),
           call(SYS_sysinfo, p, 0, 0, 0, 0, 0), call(SYS_pipe2, p, 0, 0, 0, 0, 0));
  }
  printf("writev of too many %ld\n", call(SYS_writev, fds[1], (long)&byte, 5000, 0, 0, 0));
  printf("getcwd %ld\n", call(SYS_getcwd, (long)&byte, 1, 0, 0, 0, 0));
  struct rlimit limit = {64, 64};
  setrlimit(RLIMIT_NOFILE, &limit);
  int opened = 0, fd;
  while ((fd = open("/dev/null", O_RDONLY)) >= 0 && opened < 100000) opened++;
  printf("descriptors end: %d\n", errno == EMFILE);
  printf("unknown %ld %ld %ld\n", call(5000, 1, 2, 3, 4, 5, 6), call(-1, 0, 0, 0, 0, 0, 0), call(1 << 20, 0, 0, 0, 0, 0, 0));
  printf("kill nobody %ld bad signal %ld\n", call(SYS_kill, 999999, 0, 0, 0, 0, 0), call(SYS_kill, getpid(), 65, 0, 0, 0, 0));
  printf("munmap all %ld\n", call(SYS_munmap, 0, -4096, 0, 0, 0, 0));
  printf("mprotect wraps %ld\n", call(SYS_mprotect, -8192, 1 << 20, 1, 0, 0, 0));
  return 0;
}
