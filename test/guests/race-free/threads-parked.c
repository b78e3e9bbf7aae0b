/* A process forks while its other threads wait: the child has one thread, and the others go on afterwards. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ready, go, sum;

static void *waiter(void *argument) {
  pthread_mutex_lock(&lock);
  ready++;
  pthread_cond_broadcast(&changed);
  while (!go) pthread_cond_wait(&changed, &lock);
  sum += *(int *)argument * go;
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  int numbers[3] = {1, 20, 300};
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, waiter, &numbers[i]);
  pthread_mutex_lock(&lock);
  while (ready < 3) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  pid_t child = fork();
  if (child == 0) {
    go = 7;
    sum = 1000;
    numbers[1] = 5;
    _exit(sum / 100 + go);
  }
  int status;
  waitpid(child, &status, 0);
  printf("child %d, here go %d sum %d\n", WEXITSTATUS(status), go, sum);
  pthread_mutex_lock(&lock);
  go = 2;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  printf("sum %d\n", sum);
  return 0;
}
