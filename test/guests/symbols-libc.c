/* Call stacks that run through libc: fork handlers, exit handlers, callbacks and signals. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) void checkpoint(void) { __asm__ volatile("" ::: "memory"); }

static void on_fork(void) {
  int here = 1;
  checkpoint();
  here++;
}

static void on_exit_of_all(void) {
  checkpoint();
  puts("bye");
}

static void on_signal(int number) {
  int seen = number;
  checkpoint();
  seen++;
}

__attribute__((noinline)) static int interrupted(int depth) {
  volatile int local = depth;
  if (depth > 0)
    return interrupted(depth - 1) + local;
  raise(SIGUSR1);
  return local;
}

static int key(const void *a, const void *b) {
  checkpoint();
  return *(const int *)a - *(const int *)b;
}

int main(void) {
  pthread_atfork(on_fork, 0, 0);
  atexit(on_exit_of_all);
  signal(SIGUSR1, on_signal);
  int sum = interrupted(2);
  pid_t child = fork();
  if (child == 0)
    _exit(0);
  waitpid(child, 0, 0);
  int keys[] = {1, 2, 3};
  int wanted = 2;
  int *found = bsearch(&wanted, keys, 3, sizeof *keys, key);
  printf("%d %d\n", sum, found ? *found : 0);
  return 0;
}
