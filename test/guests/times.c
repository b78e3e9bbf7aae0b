// Clocks go forward, sleeps last as long as they should, and limits and names are there.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void) {
  clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME};
  for (int i = 0; i < 5; i++) {
    long long first = now(clocks[i]);
    for (volatile int k = 0; k < 10000; k++) {}
    printf("clock %d goes on: %d\n", i, now(clocks[i]) > first);
  }
  long long before = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  usleep(30000);
  printf("slept: %d, without work: %d\n", now(CLOCK_MONOTONIC) - before >= 30000000, now(CLOCK_PROCESS_CPUTIME_ID) - cpu < 25000000);
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += 0;
  until.tv_nsec += 5000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  printf("absolute sleep %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0));
  struct timespec bad = {0, 2000000000};
  printf("bad sleep %d\n", nanosleep(&bad, 0) < 0 && errno == EINVAL);
  printf("bad clock %d\n", clock_gettime(1000, &until) < 0 && errno == EINVAL);
  struct timeval tv;
  gettimeofday(&tv, 0);
  time_t seconds = time(0);
  printf("same time %d, this century %d\n", seconds - tv.tv_sec <= 1, seconds > 1600000000);
  struct tms ticks;
  printf("ticks %d per second %ld\n", times(&ticks) != (clock_t)-1, sysconf(_SC_CLK_TCK));
  struct rusage usage;
  printf("usage %d\n", getrusage(RUSAGE_SELF, &usage));
  struct utsname names;
  uname(&names);
  printf("%s on a machine with a name: %d\n", names.sysname, names.machine[0] != 0);
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  printf("stack %d\n", limit.rlim_cur >= 1 << 20);
  unsigned char bytes[64] = {0};
  int any = 0;
  printf("random %zd ", getrandom(bytes, sizeof bytes, 0));
  for (int i = 0; i < 64; i++) any |= bytes[i];
  printf("%d\n", any != 0);
  printf("yield %d\n", sched_yield());
  printf("page size %ld\n", sysconf(_SC_PAGESIZE));
  return 0;
}
