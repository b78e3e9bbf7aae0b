/* Corners of signals: order, restarts, what interrupts what, timers. */
#include "edges.h"
#include "../asleep.h"
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U<<31)
#endif
#include <sys/timerfd.h>
static volatile int n;
static char log_[4096];
static void lg(const char *s) { strcat(log_, s); strcat(log_, " "); }
static void h(int s) { n++; lg(sigabbrev_np(s)); }
static void hi(int s, siginfo_t *i, void *u) { n++; char b[100]; snprintf(b, 100, "%s/%d/%d", sigabbrev_np(s) ? sigabbrev_np(s) : "RT", i->si_code, i->si_code == SI_QUEUE || i->si_code == SI_TIMER ? i->si_value.sival_int : i->si_pid == getpid()); lg(b); }
static void out(const char *t) { printf("%s: %s\n", t, log_); fflush(stdout); log_[0] = 0; n = 0; }
static void on(int s, void (*f)(int), int flags) { struct sigaction a = {.sa_handler = f, .sa_flags = flags}; sigaction(s, &a, 0); }
static void oni(int s, int flags) { struct sigaction a = {.sa_sigaction = hi, .sa_flags = flags | SA_SIGINFO}; sigaction(s, &a, 0); }
static void send_when_asleep(int pid, int go) { char c; read(go, &c, 1); untilAsleep(pid); kill(pid, SIGALRM); _exit(0); }
/* SIGALRM comes as soon as this process sleeps: from a grandchild, so that nobody has to wait for it */
static void alarm_soon(void) { int go[2], pid = getpid(); pipe(go); pid_t k = fork(); if (!k) { close(go[1]); if (!fork()) send_when_asleep(pid, go[0]); _exit(0); } close(go[0]); waitpid(k, 0, 0); close(go[1]); }
static void *thr(void *p) { usleep(20000); pthread_kill(*(pthread_t *)p, SIGUSR1); return 0; }
int main(void) {
  struct sigaction a;
  sigset_t s, o;
  siginfo_t si;
  struct timespec ts = {0, 1000000}, zero = {0, 0};
  /* argument errors */
  T(sigaction(0, &(struct sigaction){0}, 0));
  T(sigaction(65, &(struct sigaction){0}, 0));
  T(sigaction(SIGKILL, &(struct sigaction){.sa_handler = SIG_IGN}, 0));
  T(sigaction(SIGSTOP, 0, &a));
  T(S(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
  T(S(SYS_rt_sigprocmask, 99, 0, 0, 8));
  sigemptyset(&s);
  T(S(SYS_rt_sigprocmask, 99, &s, 0, 8));
  T(S(SYS_rt_sigprocmask, 0, (void *)8, 0, 8));
  T(kill(getpid(), 0));
  T(kill(getpid(), 65));
  T(kill(9999999, 0));
  T(kill(9999999, 65));
  T(S(SYS_tgkill, getpid(), 0, 0));
  T(S(SYS_tgkill, -1, 1, 0));
  T(S(SYS_tkill, 0, 0));
  T(S(SYS_tgkill, getpid(), getpid(), 99));
  T(S(SYS_tgkill, 1, getpid(), 0) == -1 || getpid() == 1);
  sigfillset(&s);
  T(sigprocmask(SIG_BLOCK, &s, 0));
  sigprocmask(SIG_BLOCK, 0, &o);
  V(sigismember(&o, SIGKILL));
  V(sigismember(&o, SIGSTOP));
  sigemptyset(&s);
  sigprocmask(SIG_SETMASK, &s, 0);
  /* order of delivery, queueing of real-time signals, coalescing */
  sigfillset(&s);
  sigprocmask(SIG_BLOCK, &s, 0);
  for (int i = 1; i < 4; i++) { oni(SIGRTMIN + i, 0); sigqueue(getpid(), SIGRTMIN + i, (union sigval){.sival_int = i}); sigqueue(getpid(), SIGRTMIN + i, (union sigval){.sival_int = i * 10}); } oni(SIGUSR1, 0);
  oni(SIGUSR2, 0);
  oni(SIGTERM,0);
  kill(getpid(), SIGUSR2);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGTERM);
  raise(SIGHUP);
  on(SIGHUP, SIG_IGN, 0);
  sigpending(&o);
  printf("%d %d %d\n", sigismember(&o, SIGUSR1), sigismember(&o, SIGHUP), sigismember(&o, SIGRTMIN + 2));
  sigemptyset(&s);
  sigprocmask(SIG_SETMASK, &s, 0);
  out("order");
  /* sigtimedwait */
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  sigaddset(&s, SIGRTMIN+1);
  sigprocmask(SIG_BLOCK, &s, 0);
  V(sigtimedwait(&s, &si, &zero));
  V(sigtimedwait(&s, &si, &ts));
  kill(getpid(), SIGUSR1);
  sigqueue(getpid(), SIGRTMIN+1, (union sigval){.sival_int = 9});
  V(sigtimedwait(&s, &si, &ts));
  V(si.si_code);
  V(sigwaitinfo(&s, &si));
  printf("%d %d\n", si.si_code, si.si_value.sival_int);
  T(sigtimedwait(&s, &si, &(struct timespec){0, 1000000000}));
  T(sigtimedwait(&s, &si, &(struct timespec){-1, 0}));
  on(SIGALRM, h, SA_RESTART);
  alarm_soon();
  V(sigtimedwait(&s, &si, &(struct timespec){1, 0}));
  out("sigtimedwait and another");
  sigprocmask(SIG_UNBLOCK, &s, 0);
  /* SA_NODEFER / RESETHAND */
  on(SIGUSR1, h, SA_RESETHAND);
  raise(SIGUSR1);
  sigaction(SIGUSR1, 0, &a);
  V(a.sa_handler == SIG_DFL);
  V(a.sa_flags & SA_RESETHAND ? 1 : 0);
  out("reset");
  /* restart rules */
  int p[2];
  pipe(p);
  char c;
  on(SIGALRM, h, 0);
  alarm_soon();
  T(read(p[0], &c, 1));
  out("read EINTR");
  on(SIGALRM, h, SA_RESTART);
  if (!fork()) { usleep(300000); write(p[1], "x", 1); _exit(0); } alarm_soon();
  T(read(p[0], &c, 1));
  out("read restarts");
  alarm_soon();
  T(poll(0, 0, 1000));
  alarm_soon();
  T(select(0, 0, 0, 0, &(struct timeval){1, 0}));
  alarm_soon();
  T(pause());
  alarm_soon();
  struct timespec rem = {7, 7};
  T(nanosleep(&(struct timespec){1, 0}, &rem));
  V(rem.tv_sec == 0 && rem.tv_nsec > 0);
  alarm_soon();
  V(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){1, 0}, &rem));
  int ep = epoll_create1(0);
  struct epoll_event ev;
  alarm_soon();
  T(epoll_wait(ep, &ev, 1, 1000));
  sigemptyset(&s);
  alarm_soon();
  T(sigsuspend(&s));
  out("never restarted");
  int status;
  pid_t k = fork();
  if (!k) { usleep(300000); _exit(3); } alarm_soon();
  V(waitpid(k, &status, 0) == k);
  wait(0);
  out("wait restarts");
  on(SIGALRM, h, 0);
  k = fork();
  if (!k) { usleep(300000); _exit(3); } alarm_soon();
  T(waitpid(k, &status, 0));
  T(waitpid(k, &status, 0));
  out("wait EINTR");
  /* partial write interrupted */
  int q[2];
  pipe(q);
  alarm_soon();
  static char big[200000];
  V(write(q[1], big, sizeof big));
  fcntl(q[1], F_SETFL, O_NONBLOCK);
  T(write(q[1], "a", 1));
  /* recv with timeout */
  int sv[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  struct timeval tv = {0, 300000};
  setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  on(SIGALRM, h, SA_RESTART);
  alarm_soon();
  T(recv(sv[0], &c, 1, 0));
  T(recv(sv[0], &c, 1, 0));
  out("SO_RCVTIMEO is never restarted");
  /* futex wait interrupted restarts? */
  int word = 0;
  alarm_soon();
  T(S(SYS_futex, &word, FUTEX_WAIT, 0, &(struct timespec){0, 300000000}, 0, 0));
  out("futex");
  /* stop and continue */
  on(SIGCHLD, h, 0);
  k = fork();
  if (!k) { for (;;) pause(); } kill(k, SIGSTOP);
  T(waitpid(k, &status, WUNTRACED) == k);
  V(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  kill(k, SIGCONT);
  V(waitpid(k, &status, WCONTINUED) == k && WIFCONTINUED(status));
  kill(k, SIGTSTP);
  V(waitpid(k, &status, WUNTRACED|WNOHANG) >= 0);
  kill(k, SIGKILL);
  while (waitpid(k, &status, 0) != k);
  V(WTERMSIG(status));
  log_[0] = 0;
  /* SIGCHLD info; SA_NOCLDSTOP; SA_NOCLDWAIT */
  a = (struct sigaction){.sa_sigaction = hi, .sa_flags = SA_SIGINFO|SA_NOCLDSTOP};
  sigaction(SIGCHLD, &a, 0);
  k = fork();
  if (!k) for (;;) pause();
  kill(k, SIGSTOP);
  waitpid(k, &status, WUNTRACED);
  out("nocldstop");
  kill(k, SIGKILL);
  waitpid(k, &status, 0);
  out("killed");
  on(SIGCHLD, SIG_IGN, 0);
  if (!fork()) _exit(1);
  T(wait(&status));
  on(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
  if (!fork()) _exit(1);
  T(wait(&status));
  on(SIGCHLD, SIG_DFL, 0);
  /* signalfd */
  sigemptyset(&s);
  sigaddset(&s, SIGUSR2);
  sigaddset(&s, SIGRTMIN+2);
  sigprocmask(SIG_BLOCK, &s, 0);
  int sf = signalfd(-1, &s, SFD_NONBLOCK);
  struct signalfd_siginfo fi[3];
  T(read(sf, fi, sizeof fi));
  T(read(sf, fi, 10));
  sigqueue(getpid(), SIGRTMIN+2, (union sigval){.sival_int = 5});
  kill(getpid(), SIGUSR2);
  struct pollfd pf = {sf, POLLIN};
  V(poll(&pf, 1, 0));
  V(read(sf, fi, sizeof fi) / sizeof fi[0]);
  printf("%d %d %d %d\n", fi[0].ssi_signo == SIGUSR2, fi[0].ssi_code, fi[1].ssi_int, fi[1].ssi_code);
  T(signalfd(0, &s, 0));
  T(signalfd(sf, &s, 0x7));
  V(signalfd(sf, &s, 0) == sf);
  T(write(sf, "x", 1));
  sigprocmask(SIG_UNBLOCK, &s, 0);
  /* sigaltstack */
  stack_t st, old;
  static char stk[16384*4];
  T(sigaltstack(0, &old));
  V(old.ss_flags);
  T(sigaltstack(&(stack_t){stk, 0, 100}, 0));
  T(sigaltstack(&(stack_t){stk, 77, sizeof stk}, 0));
  T(sigaltstack(&(stack_t){stk, 0, sizeof stk}, 0));
  T(sigaltstack(0, &old));
  V(old.ss_flags);
  T(sigaltstack(&(stack_t){stk, SS_AUTODISARM, sizeof stk}, 0));
  T(sigaltstack(&(stack_t){0, SS_DISABLE, 0}, &old));
  V(old.ss_flags == (int)SS_AUTODISARM);
  /* SIGPIPE */
  on(SIGPIPE, h, 0);
  int pp[2];
  pipe(pp);
  close(pp[0]);
  T(write(pp[1], "x", 1));
  out("pipe");
  close(sv[1]);
  T(send(sv[0], "x", 1, MSG_NOSIGNAL));
  out("nosignal");
  T(send(sv[0], "x", 1, 0));
  out("signal");
  /* timers */
  timer_t t;
  struct sigevent se = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN+1, .sigev_value.sival_int = 42};
  oni(SIGRTMIN+1, 0);
  T(timer_create(CLOCK_MONOTONIC, &se, &t));
  struct itimerspec its = {{0, 1000000}, {0, 1000000}};
  T(timer_settime(t, 0, &its, 0));
  sigaddset(&s, SIGRTMIN+1);
  while (!n) pause();
  T(timer_settime(t, 0, &(struct itimerspec){0}, &its));
  V(its.it_interval.tv_nsec);
  log_[strcspn(log_, " ")] = 0;
  out("timer");
  T(timer_gettime(t, &its));
  V(its.it_value.tv_nsec);
  T(timer_delete(t));
  T(timer_delete(t));
  T(timer_settime(t, 0, &its, 0));
  T(timer_create(99, &se, &t));
  se.sigev_signo = 99;
  T(timer_create(CLOCK_REALTIME, &se, &t));
  se.sigev_notify = SIGEV_NONE;
  T(timer_create(CLOCK_REALTIME, &se, &t));
  its = (struct itimerspec){{0}, {0, 1000000000}};
  T(timer_settime(t, 0, &its, 0));
  se = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  oni(SIGUSR1, 0);
  T(timer_create(CLOCK_PROCESS_CPUTIME_ID, &se, &t));
  its = (struct itimerspec){{0}, {0, 2000000}};
  T(timer_settime(t, 0, &its, 0));
  for (volatile long i = 0; !n && i < 3000000000L; i++);
  out("cpu timer");
  T(timer_create(CLOCK_THREAD_CPUTIME_ID, &se, &t));
  T(timer_create(CLOCK_REALTIME, 0, &t));
  int tf = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  uint64_t x;
  T(read(tf, &x, 8));
  its = (struct itimerspec){{0, 0}, {0, 1}};
  T(timerfd_settime(tf, 0, &its, 0));
  usleep(2000);
  V(read(tf, &x, 8));
  V(x);
  T(read(tf, &x, 4));
  T(timerfd_settime(tf, 8, &its, 0));
  T(timerfd_create(99, 0));
  T(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  its.it_value.tv_nsec = 1000000000;
  T(timerfd_settime(tf, 0, &its, 0));
  T(setitimer(99, &(struct itimerval){0}, 0));
  T(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 1000000}}, 0));
  /* thread-directed */
  pthread_t me = pthread_self(), th;
  on(SIGUSR1, h, 0);
  pthread_create(&th, 0, thr, &me);
  T(sleep(5) > 0);
  pthread_join(th, 0);
  out("thread");
  /* errors by fault */
  catch_faults();
  F(0, *(volatile int *)16 = 1);
  static const int ro = 1;
  F(&ro, *(volatile int *)&ro = 1);
  on(SIGSEGV, SIG_DFL, 0);
  k = fork();
  if (!k) { sigfillset(&s); sigprocmask(SIG_BLOCK, &s, 0); catch_faults(); *(volatile int *)16 = 1; _exit(0); } waitpid(k, &status, 0);
  V(WTERMSIG(status));
  k = fork();
  if (!k) { on(SIGSEGV, SIG_IGN, 0); *(volatile int *)16 = 1; _exit(0); } waitpid(k, &status, 0);
  V(WTERMSIG(status));
  k = fork();
  if (!k) { abort(); } waitpid(k, &status, 0);
  V(WTERMSIG(status));
  V(WCOREDUMP(status) >= 0);
  return 0;
  }
