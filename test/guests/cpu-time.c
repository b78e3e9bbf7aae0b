/* Timers that count the time that a process runs: they ring while it computes and not while it sleeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int rung[65];

static void onSignal(int signal) { rung[signal]++; }

static void set(int which, long us, long interval) {
  struct itimerval t = {{0, interval}, {0, us}};
  if (setitimer(which, &t, 0)) printf("setitimer: %s\n", strerrorname_np(errno));
}

static void computeUntil(int signal, int times) {
  volatile unsigned long x = 0;
  while (rung[signal] < times) x++;
}

int main(void) {
  signal(SIGVTALRM, onSignal);
  signal(SIGPROF, onSignal);
  signal(SIGALRM, onSignal);
  struct itimerval t;
  int kinds[] = {ITIMER_VIRTUAL, ITIMER_PROF}, signals[] = {SIGVTALRM, SIGPROF};
  for (int i = 0; i < 2; i++) {
    set(kinds[i], 10000, 10000);
    getitimer(kinds[i], &t);
    printf("left %d, interval %ld\n", t.it_value.tv_usec > 0 && t.it_value.tv_usec <= 20000, (long)t.it_interval.tv_usec);
    fflush(stdout);
    if (fork() == 0) {
      getitimer(kinds[i], &t);
      printf("the child has none: %ld %ld\n", (long)t.it_value.tv_usec, (long)t.it_interval.tv_usec);
      fflush(stdout);
      _exit(0);
    }
    wait(0);
    computeUntil(signals[i], 3);
    set(kinds[i], 0, 0);
    printf("rung three times\n");
    getitimer(kinds[i], &t);
    printf("disarmed: %ld\n", (long)t.it_value.tv_usec);
    int before = rung[signals[i]];
    set(kinds[i], 50000, 0);
    struct timespec nap = {0, 150000000};
    nanosleep(&nap, 0);
    printf("sleeping does not count: %d\n", rung[signals[i]] == before);
    computeUntil(signals[i], before + 1);
    getitimer(kinds[i], &t);
    printf("once: %ld\n", (long)t.it_value.tv_usec);
  }
  set(ITIMER_REAL, 10000, 0);
  computeUntil(SIGALRM, 1);
  printf("the real one rings too\n");
  set(7, 1, 1);
  fflush(stdout);
  signal(SIGVTALRM, SIG_DFL);
  if (fork() == 0) {
    set(ITIMER_VIRTUAL, 10000, 0);
    for (;;) {}
  }
  int status;
  wait(&status);
  printf("status %#x\n", status);
  return 0;
}
