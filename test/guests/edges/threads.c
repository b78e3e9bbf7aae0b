/* Corners of futexes and threads. */
#include "edges.h"
#include <linux/futex.h>
#include <semaphore.h>
static int fut(void *a, int op, int v, void *t, void *b, int w) { return S(SYS_futex, a, op, v, t, b, w); }
static volatile int word, word2, done;
static int order[64], ordn;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static volatile int tid_;
static void until_thread_asleep(void) { char path[64]; while (!tid_) sched_yield(); sprintf(path, "/proc/self/task/%d/stat", tid_); tid_ = 0; for (;;) { char l[512] = "", *e; int f = open(path, O_RDONLY); read(f, l, 511); close(f); if ((e = strrchr(l, ')')) && e[2] == 'S') return; usleep(1000); } }
static void until_ended(int n) { while (*(volatile int *)&ordn < n) sched_yield(); }
static void *waiter(void *p) { tid_ = gettid(); int r = fut((void *)&word, FUTEX_WAIT_BITSET, 0, 0, 0, (long)p); pthread_mutex_lock(&mu); order[ordn++] = (long)p; pthread_mutex_unlock(&mu); return (void *)(long)r; }
static pthread_key_t key;
static void destr(void *p) { printf("destructor %ld\n", (long)p); }
static void *body(void *p) { pthread_setspecific(key, p); return p; }
static void clean(void *p) { printf("cleanup %s\n", (char *)p); }
static void *cancelled(void *p) { pthread_cleanup_push(clean, "one"); pthread_cleanup_push(clean, "two"); for (;;) pause(); pthread_cleanup_pop(0); pthread_cleanup_pop(0); return 0; }
static __thread int tls = 5;
static void *tlsb(void *p) { tls += 2; return (void *)(long)tls; }
static pthread_barrier_t bar;
static int serial;
static void *barb(void *p) { for (int i = 0; i < 100; i++) if (pthread_barrier_wait(&bar) == PTHREAD_BARRIER_SERIAL_THREAD) __sync_fetch_and_add(&serial, 1); return 0; }
static pthread_mutex_t rm;
static void *dies(void *p) { pthread_mutex_lock(&rm); return 0; }
static sem_t sem;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int turn;
static void *pp(void *p) { for (int i = 0; i < 50; i++) { pthread_mutex_lock(&mu); while (turn != (long)p) pthread_cond_wait(&cv, &mu); turn = !turn; pthread_cond_broadcast(&cv); pthread_mutex_unlock(&mu); } sem_post(&sem); return 0; }
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int shared_;
static void *rwb(void *p) { for (int i = 0; i < 100; i++) if ((long)p) { pthread_rwlock_wrlock(&rw); shared_++; sched_yield(); shared_++; pthread_rwlock_unlock(&rw); } else { pthread_rwlock_rdlock(&rw); if (shared_ & 1) puts("torn"); pthread_rwlock_unlock(&rw); } return 0; }
static void *execer(void *p) { usleep(1000); char *a[] = {"thr1", "again", 0}; execv("/proc/self/exe", a); perror("exec"); return 0; }
int main(int argc, char **argv) {
  if (argc > 1) { DIR *d = opendir("/proc/self/task"); int n = 0; struct dirent *e; while ((e = readdir(d))) n += e->d_name[0] != '.'; printf("after exec: %d thread, leader %d\n", n, gettid() == getpid()); return 5; }
  struct timespec t = {0, 1000000}, past = {1, 0};
  pthread_t th[8];
  void *r;
  T(fut((void *)&word, FUTEX_WAIT, 1, 0, 0, 0));
  T(fut((void *)&word, FUTEX_WAIT, 0, &t, 0, 0));
  T(fut((char *)&word + 1, FUTEX_WAIT, 0, &t, 0, 0));
  T(fut((void *)8, FUTEX_WAIT, 0, &t, 0, 0));
  T(fut((void *)&word, FUTEX_WAIT, 0, &(struct timespec){0, 1000000000}, 0, 0));
  T(fut((void *)&word, FUTEX_WAIT_BITSET, 0, &t, 0, 0));
  T(fut((void *)&word, FUTEX_WAIT_BITSET, 0, &past, 0, -1));
  T(fut((void *)&word, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 0, &past, 0, -1));
  T(fut((void *)&word, FUTEX_WAIT|FUTEX_CLOCK_REALTIME, 0, &past, 0, -1));
  T(fut((void *)&word, 77, 0, 0, 0, 0));
  V(fut((void *)&word, FUTEX_WAKE, 5, 0, 0, 0));
  T(fut((char *)&word + 2, FUTEX_WAKE, 1, 0, 0, 0));
  T(fut((void *)8, FUTEX_WAKE, 1, 0, 0, 0));
  T(fut((void *)&word, FUTEX_WAKE_BITSET, 1, 0, 0, 0));
  T(fut((void *)&word, FUTEX_CMP_REQUEUE, 1, (void *)1, (void *)&word2, 7));
  T(fut((void *)&word, FUTEX_REQUEUE, -1, (void *)1, (void *)&word2, 7));
  T(fut((void *)&word, FUTEX_CMP_REQUEUE, 1, (void *)1, (void *)((char *)&word2 + 1), 0));
  T(fut((void *)&word, FUTEX_FD, 0, 0, 0, 0));
  T(fut((void *)&word, FUTEX_LOCK_PI|FUTEX_CLOCK_REALTIME, 0, 0, 0, 0) == 0 || errno);
  word = 0;
  for (long i = 0; i < 4; i++) { pthread_create(&th[i], 0, waiter, (void *)(1L << i)); until_thread_asleep(); } V(fut((void *)&word, FUTEX_WAKE_BITSET, 9, 0, 0, 4));
  until_ended(1);
  V(fut((void *)&word, FUTEX_CMP_REQUEUE, 1, (void *)1, (void *)&word2, 0));
  until_ended(2);
  V(fut((void *)&word2, FUTEX_WAKE, 9, 0, 0, 0));
  until_ended(3);
  V(fut((void *)&word, FUTEX_WAKE, 9, 0, 0, 0));
  for (int i = 0; i < 4; i++) pthread_join(th[i], 0);
  for (int i = 0; i < ordn; i++) printf("%d ", order[i]);
  puts("");
  word = word2 = 0;
  pthread_create(&th[0], 0, waiter, (void *)1);
  until_thread_asleep();
  V(fut((void *)&word, FUTEX_WAKE_OP, 1, (void *)1, (void *)&word2, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
  V(word2);
  pthread_join(th[0], 0);
  V(fut((void *)&word, FUTEX_WAKE_OP, 1, (void *)1, (void *)&word2, FUTEX_OP(FUTEX_OP_ANDN|8, 1, FUTEX_OP_CMP_LT, 5)));
  V(word2);
  T(fut((void *)&word, FUTEX_WAKE_OP, 1, (void *)1, (void *)&word2, FUTEX_OP(7, 1, 0, 5)));
  pthread_key_create(&key, destr);
  pthread_create(&th[0], 0, body, (void *)77);
  pthread_join(th[0], &r);
  V((long)r);
  pthread_create(&th[0], 0, cancelled, 0);
  usleep(1000);
  pthread_cancel(th[0]);
  pthread_join(th[0], &r);
  V(r == PTHREAD_CANCELED);
  for (int i = 0; i < 3; i++) { pthread_create(&th[i], 0, tlsb, 0); pthread_join(th[i], &r); V((long)r); } V(tls);
  pthread_barrier_init(&bar, 0, 4);
  for (int i = 0; i < 4; i++) pthread_create(&th[i], 0, barb, 0);
  for (int i = 0; i < 4; i++) pthread_join(th[i], 0);
  V(serial);
  pthread_mutexattr_t ma;
  pthread_mutexattr_init(&ma);
  pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&rm, &ma);
  pthread_create(&th[0], 0, dies, 0);
  pthread_join(th[0], 0);
  V(pthread_mutex_lock(&rm) == EOWNERDEAD);
  V(pthread_mutex_consistent(&rm));
  V(pthread_mutex_unlock(&rm));
  pthread_create(&th[0], 0, dies, 0);
  pthread_join(th[0], 0);
  V(pthread_mutex_lock(&rm) == EOWNERDEAD);
  pthread_mutex_unlock(&rm);
  V(pthread_mutex_lock(&rm) == ENOTRECOVERABLE);
  pthread_mutexattr_t pa;
  pthread_mutexattr_init(&pa);
  pthread_mutexattr_settype(&pa, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t em;
  pthread_mutex_init(&em, &pa);
  V(pthread_mutex_unlock(&em) == EPERM);
  pthread_mutex_lock(&em);
  V(pthread_mutex_lock(&em) == EDEADLK);
  V(pthread_mutex_trylock(&em) == EBUSY);
  struct timespec ab;
  clock_gettime(CLOCK_REALTIME, &ab);
  pthread_mutex_t nm = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&nm);
  V(pthread_mutex_timedlock(&nm, &ab) == ETIMEDOUT);
  sem_init(&sem, 0, 0);
  pthread_create(&th[0], 0, pp, (void *)0);
  pthread_create(&th[1], 0, pp, (void *)1);
  sem_wait(&sem);
  sem_wait(&sem);
  T(sem_trywait(&sem));
  ab.tv_nsec += 0;
  T(sem_timedwait(&sem, &ab));
  pthread_join(th[0], 0);
  pthread_join(th[1], 0);
  V(turn);
  for (long i = 0; i < 4; i++) pthread_create(&th[i], 0, rwb, (void *)(i & 1));
  for (int i = 0; i < 4; i++) pthread_join(th[i], 0);
  V(shared_);
  /* process-shared robust mutex in shared memory; PI mutex */
  pthread_mutex_t *sm = mmap(0, P, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_setpshared(&ma, 1);
  pthread_mutex_init(sm, &ma);
  if (!fork()) { pthread_mutex_lock(sm); _exit(0); } wait(0);
  V(pthread_mutex_lock(sm) == EOWNERDEAD);
  pthread_mutexattr_init(&pa);
  V(pthread_mutexattr_setprotocol(&pa, PTHREAD_PRIO_INHERIT));
  pthread_mutex_t pm;
  /* fork in a thread, exit of the leader, exec in a thread */
  int status;
  pid_t k = fork();
  if (!k) { pthread_create(&th[0], 0, (void *(*)(void *))usleep, (void *)5000); pthread_exit(0); } waitpid(k, &status, 0);
  V(status);
  k = fork();
  if (!k) { pthread_create(&th[0], 0, execer, 0); pause(); _exit(1); } waitpid(k, &status, 0);
  V(WEXITSTATUS(status));
  k = fork();
  if (!k) { for (int i = 0; i < 4; i++) pthread_create(&th[i], 0, cancelled, 0); _exit(6); } waitpid(k, &status, 0);
  V(WEXITSTATUS(status));
  return 0;
  }
