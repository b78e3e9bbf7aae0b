/* epoll, eventfd, timerfd, signalfd and POSIX timers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static uint64_t value;

static void counters(void) {
  int e = eventfd(3, EFD_NONBLOCK), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  SHOW(read(e, &value, 8));
  printf("%lu\n", value);
  SHOW(read(e, &value, 8));
  SHOW(read(e, &value, 4));
  value = 5;
  SHOW(write(e, &value, 8));
  value = UINT64_MAX;
  SHOW(write(e, &value, 8));
  value = UINT64_MAX - 1;
  SHOW(write(e, &value, 8));
  SHOW(read(s, &value, 8));
  printf("%lu\n", value);
  SHOW(read(s, &value, 8));
  SHOW(read(s, &value, 8));
  close(e), close(s);
}

static void polling(void) {
  int p[2], ep = epoll_create1(EPOLL_CLOEXEC), e = eventfd(0, EFD_NONBLOCK);
  pipe(p);
  struct epoll_event ev = {EPOLLIN, {.u32 = 1}}, got[4];
  SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
  SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
  ev = (struct epoll_event){EPOLLIN | EPOLLET, {.u32 = 2}};
  SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev));
  SHOW(epoll_wait(ep, got, 4, 0));
  write(p[1], "ab", 2);
  value = 1;
  write(e, &value, 8);
  SHOW(epoll_wait(ep, got, 4, -1));
  printf("%d %d\n", got[0].data.u32, got[1].data.u32);
  SHOW(epoll_wait(ep, got, 4, -1));
  printf("level only: %d\n", got[0].data.u32);
  write(e, &value, 8);
  SHOW(epoll_wait(ep, got, 4, 0));
  ev = (struct epoll_event){EPOLLIN | EPOLLONESHOT, {.u32 = 3}};
  SHOW(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
  SHOW(epoll_wait(ep, got, 1, 0));
  printf("%d\n", got[0].data.u32);
  SHOW(epoll_wait(ep, got, 4, 10));
  SHOW(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
  close(p[1]);
  SHOW(epoll_wait(ep, got, 1, 0));
  printf("events %#x\n", got[0].events);
  int outer = epoll_create1(0);
  ev = (struct epoll_event){EPOLLIN, {.u32 = 9}};
  SHOW(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &ev));
  SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, outer, &ev));
  value = 1;
  write(e, &value, 8);
  SHOW(epoll_wait(outer, got, 4, 0));
  SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
  SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
  close(p[0]);
  SHOW(epoll_wait(ep, got, 4, 0));
  SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev));
  SHOW(epoll_wait(e, got, 4, 0));
  SHOW(epoll_wait(ep, got, 0, 0));
  /* A child wakes the waiter. */
  ev = (struct epoll_event){EPOLLIN, {.u32 = 4}};
  epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev);
  read(e, &value, 8);
  if (fork() == 0) {
    usleep(20000);
    value = 7;
    write(e, &value, 8);
    _exit(0);
  }
  SHOW(epoll_wait(ep, got, 4, 5000));
  SHOW(read(e, &value, 8));
  wait(0);
  close(ep), close(e), close(outer);
}

static void timers(void) {
  int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec s = {{0, 0}, {0, 20000000}}, old;
  SHOW(read(t, &value, 8));
  SHOW(timerfd_settime(t, 0, &s, 0));
  SHOW(timerfd_gettime(t, &old));
  printf("%d\n", old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 20000000);
  struct pollfd p = {t, POLLIN, 0};
  SHOW(poll(&p, 1, 5000));
  SHOW(read(t, &value, 8));
  printf("%lu expiration\n", value);
  s = (struct itimerspec){{0, 10000000}, {0, 10000000}};
  timerfd_settime(t, 0, &s, 0);
  usleep(55000);
  SHOW(read(t, &value, 8));
  printf("several: %d\n", value >= 5);
  fcntl(t, F_SETFL, 0);
  SHOW(read(t, &value, 8));
  s = (struct itimerspec){{0, 0}, {0, 1}};
  SHOW(timerfd_settime(t, TFD_TIMER_ABSTIME, &s, 0));
  SHOW(read(t, &value, 8));
  s.it_value.tv_nsec = 2000000000;
  SHOW(timerfd_settime(t, 0, &s, 0));
  SHOW(timerfd_settime(0, 0, &s, 0));
  SHOW(timerfd_create(55, 0));
  close(t);
}

static volatile int count, code, given;

static void handler(int signal, siginfo_t *info, void *context) {
  count++;
  code = info->si_code;
  given = info->si_value.sival_int;
}

static void posix(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &a, 0);
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  timer_t t;
  SHOW(timer_create(CLOCK_MONOTONIC, &e, &t));
  struct itimerspec s = {{0, 5000000}, {0, 5000000}}, old;
  SHOW(timer_settime(t, 0, &s, 0));
  while (count < 3) pause();
  printf("code %d value %d\n", code, given);
  SHOW(timer_gettime(t, &old));
  printf("interval %ld\n", old.it_interval.tv_nsec);
  s = (struct itimerspec){{0, 0}, {0, 0}};
  SHOW(timer_settime(t, 0, &s, &old));
  SHOW(timer_getoverrun(t) >= 0);
  SHOW(timer_delete(t));
  e.sigev_signo = 99;
  SHOW(timer_create(CLOCK_MONOTONIC, &e, &t));
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, 0);
  int s = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo info;
  SHOW(read(s, &info, sizeof info));
  raise(SIGUSR2);
  SHOW(read(s, &info, sizeof info));
  printf("signal %u from us: %d\n", info.ssi_signo, info.ssi_pid == (unsigned)getpid());
  SHOW(read(s, &info, 10));
  fcntl(s, F_SETFL, 0);
  if (fork() == 0) {
    usleep(10000);
    _exit(6);
  }
  struct pollfd p = {s, POLLIN, 0};
  SHOW(poll(&p, 1, 5000));
  SHOW(read(s, &info, sizeof info));
  printf("signal %u status %d\n", info.ssi_signo, info.ssi_status);
  wait(0);
  SHOW(signalfd(s, &set, 0) == s);
  SHOW(signalfd(0, &set, 0));
  close(s);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  counters();
  polling();
  timers();
  posix();
  signals();
  return 0;
}
