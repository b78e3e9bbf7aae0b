/* futex(2) itself: values, wakes, bitsets, requeues, operations on a second word, time-outs, sharing, robust lists. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static uint32_t word, other, *shared;

static long futex(uint32_t *at, int op, uint32_t value, const void *time, uint32_t *second, uint32_t third) {
  return syscall(SYS_futex, at, op, value, time, second, third);
}

struct waiter {
  uint32_t *at;
  int op;
  uint32_t bits;
  long result;
  int error;
};

static void *wait_thread(void *argument) {
  struct waiter *w = argument;
  w->result = futex(w->at, w->op, *w->at, 0, 0, w->bits);
  w->error = errno;
  return 0;
}

/* Starts waiters and returns when all of them sleep: a requeue to the same word counts them without waking any. */
static void start(pthread_t *threads, struct waiter *w, int n) {
  for (int i = 0; i < n; i++) {
    pthread_create(&threads[i], 0, wait_thread, &w[i]);
    while (futex(w[i].at, FUTEX_CMP_REQUEUE, 0, (void *)100, w[i].at, *w[i].at) != i + 1) usleep(100);
  }
}

static void join(pthread_t *threads, struct waiter *w, int n) {
  for (int i = 0; i < n; i++) pthread_join(threads[i], 0);
  for (int i = 0; i < n; i++) printf("waiter %d: %ld\n", i, w[i].result);
}

static void waking(void) {
  pthread_t t[4];
  struct waiter w[4] = {{&word, FUTEX_WAIT}, {&word, FUTEX_WAIT}, {&word, FUTEX_WAIT}, {&word, FUTEX_WAIT}};
  SHOW(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  SHOW(futex(&word, FUTEX_WAIT, 5, 0, 0, 0));
  start(t, w, 4);
  SHOW(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, &other, 0));
  SHOW(futex(&other, FUTEX_WAKE, 10, 0, 0, 0));
  SHOW(futex(&word, FUTEX_WAKE, 10, 0, 0, 0));
  join(t, w, 4);
  SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 7));
  SHOW(futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0));
}

static void bitsets(void) {
  pthread_t t[3];
  struct waiter w[3] = {{&word, FUTEX_WAIT_BITSET, 1}, {&word, FUTEX_WAIT_BITSET, 2}, {&word, FUTEX_WAIT_BITSET, 3}};
  start(t, w, 3);
  SHOW(futex(&word, FUTEX_WAKE_BITSET, 10, 0, 0, 4));
  SHOW(futex(&word, FUTEX_WAKE_BITSET, 10, 0, 0, 2));
  SHOW(futex(&word, FUTEX_WAKE_BITSET, 10, 0, 0, 0));
  SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
  SHOW(futex(&word, FUTEX_WAKE, 10, 0, 0, 0));
  join(t, w, 3);
}

static void operations(void) {
  pthread_t t[2], u[1];
  struct waiter w[2] = {{&word, FUTEX_WAIT}, {&word, FUTEX_WAIT}}, x[1] = {{&other, FUTEX_WAIT}};
  start(t, w, 2);
  start(u, x, 1);
  other = 5;
  SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 4)));
  printf("other %u\n", other);
  SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ANDN, 8, FUTEX_OP_CMP_GT, 7)));
  printf("other %u\n", other);
  join(t, w, 2);
  join(u, x, 1);
  SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(9, 1, FUTEX_OP_CMP_EQ, 0)));
  SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, (uint32_t *)8, FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)));
  other = 0;
}

static void on_alarm(int signal) {}

static void times(void) {
  struct timespec soon = {0, 2000000}, now, bad = {0, 2000000000}, past = {1, 0};
  SHOW(futex(&word, FUTEX_WAIT, 0, &soon, 0, 0));
  SHOW(futex(&word, FUTEX_WAIT, 0, &bad, 0, 0));
  clock_gettime(CLOCK_MONOTONIC, &now);
  SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &past, 0, 1));
  SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, 0, 1));
  now.tv_nsec += 3000000;
  if (now.tv_nsec >= 1000000000) now.tv_sec++, now.tv_nsec -= 1000000000;
  SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &now, 0, 1));
  SHOW(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0));
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, 0);
  ualarm(5000, 0);
  SHOW(futex(&word, FUTEX_WAIT, 0, 0, 0, 0));
  SHOW(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, 0, 0, 0));
  SHOW(futex((uint32_t *)8, FUTEX_WAIT, 0, 0, 0, 0));
  SHOW(futex((uint32_t *)8, FUTEX_WAKE, 1, 0, 0, 0));
  SHOW(futex(&word, 100, 0, 0, 0, 0));
}

static void between_processes(void) {
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint32_t *own = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid_t pid = fork();
  if (pid == 0) _exit(futex(shared, FUTEX_WAIT, 0, 0, 0, 0) == 0 ? 7 : 8);
  while (futex(shared, FUTEX_CMP_REQUEUE, 0, (void *)1, shared, 0) != 1) usleep(100);
  SHOW(futex(shared, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0));
  SHOW(futex(shared, FUTEX_WAKE, 1, 0, 0, 0));
  int status;
  wait(&status);
  printf("child %d\n", WEXITSTATUS(status));
  struct timespec soon = {0, 30000000};
  pid = fork();
  if (pid == 0) {
    shared[1] = 1;
    _exit(futex(own, FUTEX_WAIT, 0, &soon, 0, 0) < 0 && errno == ETIMEDOUT ? 9 : 10);
  }
  while (!*(volatile uint32_t *)&shared[1]) usleep(100);
  SHOW(futex(own, FUTEX_WAKE, 1, 0, 0, 0));
  wait(&status);
  printf("child %d\n", WEXITSTATUS(status));
}

static void *leave_locked(void *argument) {
  pthread_mutex_lock(argument);
  return 0;
}

static void robust(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_t *mutex = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutex_init(mutex, &attributes);
  if (fork() == 0) {
    pthread_mutex_lock(mutex);
    _exit(0);
  }
  wait(0);
  SHOW(pthread_mutex_lock(mutex) == EOWNERDEAD);
  SHOW(pthread_mutex_consistent(mutex));
  SHOW(pthread_mutex_unlock(mutex));
  pthread_t thread;
  pthread_create(&thread, 0, leave_locked, mutex);
  pthread_join(thread, 0);
  SHOW(pthread_mutex_trylock(mutex) == EOWNERDEAD);
  SHOW(pthread_mutex_unlock(mutex));
  SHOW(pthread_mutex_lock(mutex) == ENOTRECOVERABLE);
  void *head;
  size_t size;
  SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
  printf("%zu\n", size);
  SHOW(syscall(SYS_set_robust_list, head, 5));
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  waking();
  bitsets();
  operations();
  times();
  between_processes();
  robust();
  return 0;
}
