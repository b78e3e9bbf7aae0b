// Ends in the way that its argument names, with pages of its own that a debugger can look at until then.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int last_words = 7;
static volatile char *pages;
static volatile int *nowhere;

static void *end_all(void *code) {
  syscall(SYS_exit_group, *(int *)code); // by a thread
  return 0;
}

static void *end_alone(void *code) {
  usleep(1000);
  syscall(SYS_exit, *(int *)code); // the last thread
  return 0;
}

static void pass(int signal) { last_words += signal; }

static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

static int in_pairs(void) {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGTERM);
  sigprocmask(SIG_BLOCK, &both, 0);
  signal(SIGUSR1, pass);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGTERM);
  sigprocmask(SIG_UNBLOCK, &both, 0); // a handler first, and the end with it
  return 1;
}

static int without_stack(void) {
  signal(SIGUSR1, pass);
  asm volatile("mv a0, %0\n li a1, 10\n li a7, 129\n li sp, 64\n ecall" ::"r"(getpid()) : "a0", "a1", "a7");
  return 1;
}

static char statm[64];

/** Ends at once after it has asked for its resident set. */
static void measured(void) {
  int file = open("/proc/self/statm", O_RDONLY);
  statm[sizeof statm - 1] = 0;
  read(file, statm, sizeof statm - 1);
  syscall(SYS_exit_group, 8); // measured
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "return";
  pages = mmap(0, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 64; i++) pages[i * 4096] = i;
  last_words = 42;
  int code = 4;
  if (!strcmp(how, "exit")) exit(3); // by itself
  if (!strcmp(how, "segv")) *nowhere = 1;
  if (!strcmp(how, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(how, "pairs")) return in_pairs();
  if (!strcmp(how, "stack")) return without_stack();
  if (!strcmp(how, "measured")) measured();
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "eat"))
    for (;;) memset(malloc(1 << 20), 1, 1 << 20);
  if (!strcmp(how, "thread")) {
    pthread_t one;
    pthread_create(&one, 0, wait_for_ever, 0);
    pthread_create(&one, 0, end_all, &code);
    pthread_join(one, 0);
  }
  if (!strcmp(how, "alone")) {
    pthread_t one;
    pthread_create(&one, 0, end_alone, &code);
    syscall(SYS_exit, 0); // the other thread goes on
  }
  if (!strcmp(how, "exec")) execl("/proc/self/exe", argv[0], "exit", (char *)0);
  if (!strcmp(how, "fork") || !strcmp(how, "orphan") || !strcmp(how, "left") || !strcmp(how, "killed")) {
    pid_t child = fork();
    if (child == 0) {
      if (!strcmp(how, "orphan")) usleep(1000);
      if (!strcmp(how, "left") || !strcmp(how, "killed"))
        for (;;) pause(); // by who is left
      last_words = 43;
      _exit(5); // the child
    }
    if (!strcmp(how, "killed")) kill(child, SIGKILL);
    if (!strcmp(how, "fork") || !strcmp(how, "killed")) wait(0);
    return 6;
  }
  return 0;
}
