// Threads: mutex, condition, barrier, join, thread-local storage, robust mutex, signals to a thread, fork from one.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static __thread int own;
static int counter, turn, produced, consumed;
static sem_t semaphore;
static pthread_t signaled;

static void *add(void *argument) {
  for (int i = 0; i < 5000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    own++;
  }
  pthread_barrier_wait(&barrier);
  return (void *)(long)(own + (long)argument);
}

static void *take_turns(void *argument) {
  int me = (long)argument;
  for (int i = 0; i < 3; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % THREADS != me) pthread_cond_wait(&changed, &mutex);
    printf("turn %d of %d\n", turn, me);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *produce(void *argument) {
  for (int i = 0; i < 100; i++) {
    __atomic_add_fetch(&produced, i, __ATOMIC_SEQ_CST);
    sem_post(&semaphore);
  }
  return 0;
}

static void *die_with_lock(void *argument) {
  pthread_mutex_lock(argument);
  return 0;
}

static void on_signal(int number) { signaled = pthread_self(); }

static void *wait_for_signal(void *argument) {
  while (!signaled) usleep(100);
  return (void *)(long)pthread_equal(signaled, pthread_self());
}

static void *fork_here(void *argument) {
  pid_t pid = fork();
  if (pid == 0) _exit(9);
  int status;
  waitpid(pid, &status, 0);
  return (void *)(long)WEXITSTATUS(status);
}

static void *forever(void *argument) {
  for (;;) pause();
  return 0;
}

int main(void) {
  pthread_t threads[THREADS];
  void *result;
  pthread_barrier_init(&barrier, 0, THREADS);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, add, (void *)i);
  long sum = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("counter %d own %d sum %ld\n", counter, own, sum);

  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, take_turns, (void *)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);

  sem_init(&semaphore, 0, 0);
  pthread_create(&threads[0], 0, produce, 0);
  for (int i = 0; i < 100; i++) {
    sem_wait(&semaphore);
    consumed++;
  }
  pthread_join(threads[0], 0);
  printf("produced %d consumed %d\n", produced, consumed);

  pthread_mutexattr_t robust;
  pthread_mutexattr_init(&robust);
  pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t held;
  pthread_mutex_init(&held, &robust);
  pthread_create(&threads[0], 0, die_with_lock, &held);
  pthread_join(threads[0], 0);
  printf("owner died: %d\n", pthread_mutex_lock(&held) == EOWNERDEAD);

  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 2000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  printf("timed wait: %d\n", pthread_cond_timedwait(&changed, &mutex, &until) == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);

  signal(SIGUSR1, on_signal);
  pthread_create(&threads[0], 0, wait_for_signal, 0);
  pthread_kill(threads[0], SIGUSR1);
  pthread_join(threads[0], &result);
  printf("signal in its thread: %ld\n", (long)result);

  pthread_create(&threads[0], 0, fork_here, 0);
  pthread_join(threads[0], &result);
  printf("forked in a thread: %ld\n", (long)result);

  pthread_create(&threads[0], 0, forever, 0);
  pthread_cancel(threads[0]);
  pthread_join(threads[0], &result);
  printf("cancelled %d\n", result == PTHREAD_CANCELED);
  pthread_create(&threads[0], 0, forever, 0);
  fflush(stdout);
  return 5;
}
