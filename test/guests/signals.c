// Handlers: faults with their address and code, masks, restarting, alternate stacks, waiting, nesting.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __riscv
#define PC(uc) (uc)->uc_mcontext.__gregs[0]
#define BREAK "ebreak"
#else
#define PC(uc) (uc)->uc_mcontext.gregs[REG_RIP]
#define BREAK "int3"
#endif

static sigjmp_buf back;
static volatile int count, order[16];
static char *page;

static void on_fault(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  printf("signal %d code %d address %s pc set %d\n", signal, info->si_code,
         info->si_addr == (void *)16 ? "16" : info->si_addr == page + 100 ? "page+100" : "other",
         PC(uc) != 0);
  siglongjmp(back, 1);
}

static void fix_page(int signal, siginfo_t *info, void *context) {
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
  count++;
}

static void on_overflow(int signal) {
  printf("overflow\n");
  siglongjmp(back, 1);
}

static void note(int signal) { order[count++] = signal; }

static void nested(int signal) {
  order[count++] = signal;
  if (count == 1) {
    raise(SIGUSR2);
    raise(SIGUSR1);
    order[count++] = -1;
  }
}

static void on_stack(int signal) {
  char here;
  stack_t now;
  sigaltstack(0, &now);
  order[count++] = &here >= (char *)now.ss_sp && &here < (char *)now.ss_sp + now.ss_size;
  order[count++] = now.ss_flags == SS_ONSTACK;
}

static void set(int signal, void *handler, int flags) {
  struct sigaction action = {.sa_flags = flags};
  action.sa_sigaction = handler;
  sigaction(signal, &action, 0);
}

static int overflow(int depth) {
  volatile char space[4096];
  space[0] = depth;
  return depth < 0 ? 0 : overflow(depth + 1) + space[0];
}

/* Until a process waits for something. */
static void until_asleep(pid_t pid) {
  char path[40], text[200];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  for (char state = 0; state != 'S'; sched_yield()) {
    int fd = open(path, O_RDONLY);
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    char *name = strrchr(text, ')');
    if (name) state = name[2];
  }
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  set(SIGSEGV, on_fault, SA_SIGINFO);
  if (!sigsetjmp(back, 1)) *(volatile int *)16 = 0;
  if (!sigsetjmp(back, 1)) page[100] = 1;
  set(SIGSEGV, fix_page, SA_SIGINFO);
  page[200] = 5;
  printf("fixed %d value %d\n", count, page[200]);

  count = 0;
  set(SIGUSR1, note, 0);
  set(SIGUSR2, note, 0);
  sigset_t block, old, pending;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, &old);
  raise(SIGUSR2);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigpending(&pending);
  printf("pending %d %d delivered %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), count);
  sigprocmask(SIG_SETMASK, &old, 0);
  printf("delivered %d\n", count);

  count = 0;
  set(SIGUSR1, nested, 0);
  set(SIGUSR2, nested, 0);
  raise(SIGUSR1);
  for (int i = 0; i < count; i++) printf("%d ", order[i]);
  printf("\n");

  count = 0;
  set(SIGUSR1, note, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, 0, &now);
  printf("reset %d\n", now.sa_handler == SIG_DFL);

  stack_t stack = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};
  sigaltstack(&stack, 0);
  count = 0;
  set(SIGUSR1, on_stack, SA_ONSTACK);
  raise(SIGUSR1);
  printf("on alternate stack %d %d\n", order[0], order[1]);
  set(SIGSEGV, on_overflow, SA_ONSTACK);
  if (!sigsetjmp(back, 1)) printf("%d\n", overflow(0));

  int ends[2], status;
  pipe(ends);
  pid_t parent = getpid(), pid;
  set(SIGUSR1, note, SA_RESTART);
  count = 0;
  if ((pid = fork()) == 0) {
    until_asleep(parent);
    kill(parent, SIGUSR1);
    until_asleep(parent);
    write(ends[1], "r", 1);
    _exit(0);
  }
  char byte = 0;
  printf("restarted read %zd", read(ends[0], &byte, 1));
  printf(" %c after %d signals\n", byte, count);
  wait(0);
  set(SIGUSR1, note, 0);
  if ((pid = fork()) == 0) {
    until_asleep(parent);
    kill(parent, SIGUSR1);
    _exit(0);
  }
  printf("interrupted read %d\n", read(ends[0], &byte, 1) < 0 && errno == EINTR);
  wait(0);

  count = 0;
  set(SIGCHLD, note, 0);
  if (fork() == 0) _exit(5);
  sigset_t none;
  sigemptyset(&none);
  sigaddset(&block, SIGCHLD);
  while (count == 0) usleep(1000);
  wait(&status);
  printf("SIGCHLD %d status %d\n", order[0] == SIGCHLD, WEXITSTATUS(status));

  sigprocmask(SIG_BLOCK, &block, 0);
  count = 0;
  if (fork() == 0) _exit(6);
  int result = sigsuspend(&none);
  printf("sigsuspend %d %d\n", result, errno == EINTR && count == 1);
  wait(0);
  if (fork() == 0) {
    kill(parent, SIGUSR2);
    _exit(0);
  }
  siginfo_t info;
  sigset_t usr2;
  sigemptyset(&usr2);
  sigaddset(&usr2, SIGUSR2);
  printf("sigwaitinfo %d", sigwaitinfo(&usr2, &info));
  printf(" code %d\n", info.si_code);
  wait(0);
  struct timespec soon = {0, 1000000};
  printf("sigtimedwait %d\n", sigtimedwait(&usr2, &info, &soon) < 0 && errno == EAGAIN);

  union sigval value = {.sival_int = 77};
  sigset_t rt;
  sigemptyset(&rt);
  sigaddset(&rt, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &rt, 0);
  for (int i = 0; i < 3; i++, value.sival_int++) sigqueue(parent, SIGRTMIN + 1, value);
  for (int i = 0; i < 3; i++) {
    result = sigwaitinfo(&rt, &info);
    printf("queued %d value %d\n", result == SIGRTMIN + 1, info.si_value.sival_int);
  }

  set(SIGALRM, note, 0);
  count = 0;
  struct itimerval timer = {{0, 2000}, {0, 2000}};
  setitimer(ITIMER_REAL, &timer, 0);
  while (count < 3) pause();
  memset(&timer, 0, sizeof timer);
  setitimer(ITIMER_REAL, &timer, 0);
  printf("alarms\n");
  struct timespec hour = {3600, 0}, left = {0, 0};
  alarm(1);
  result = nanosleep(&hour, &left);
  printf("interrupted sleep %d left %d\n", result < 0 && errno == EINTR, left.tv_sec > 3500 && left.tv_sec < 3600);

  if ((pid = fork()) == 0)
    for (;;) pause();
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
  kill(pid, SIGCONT);
  waitpid(pid, &status, WCONTINUED);
  printf("continued %d\n", WIFCONTINUED(status));
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  printf("killed by %d\n", WTERMSIG(status));

  volatile double one = 1;
  double f = one / 8;
  set(SIGUSR1, note, 0);
  sigprocmask(SIG_SETMASK, &none, 0);
  kill(getpid(), SIGUSR1);
  printf("floats survive %.3f\n", f);
  asm volatile(BREAK);
  return 0;
}
