/* System V semaphores: operations done together or not at all, waiting, undoing, removal under a waiter. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)

union semun {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
};

static int set;

static int op(int index, int change, int flags) {
  struct sembuf one = {index, change, flags};
  return semop(set, &one, 1);
}

static void values(const char *when) {
  unsigned short v[3];
  semctl(set, 0, GETALL, v);
  printf("%s: %d %d %d\n", when, v[0], v[1], v[2]);
  fflush(stdout);
}

static void onSignal(int signal) {}

int main(void) {
  set = semget(IPC_PRIVATE, 3, 0600);
  printf("made %d\n", set >= 0);
  SHOW(semget(0x12345, 0, 0));
  SHOW(semget(IPC_PRIVATE, 0, 0600));
  SHOW(semget(IPC_PRIVATE, 32001, 0600));
  values("new");
  SHOW(op(0, 2, 0));
  SHOW(op(0, -3, IPC_NOWAIT));
  SHOW(op(0, 0, IPC_NOWAIT));
  SHOW(op(1, 0, IPC_NOWAIT));
  SHOW(op(3, 1, 0));
  SHOW(op(0, 32767, 0));
  struct sembuf both[] = {{0, -1, IPC_NOWAIT}, {1, -1, IPC_NOWAIT}};
  SHOW(semop(set, both, 2));
  values("all or nothing");
  struct sembuf twice[] = {{0, -2, 0}, {0, 0, IPC_NOWAIT}, {0, 5, 0}};
  SHOW(semop(set, twice, 3));
  values("in order");
  SHOW(semop(set, twice, 0));
  SHOW(semop(set, twice, 501));
  SHOW(semop(-1, twice, 1));
  union semun u = {.val = 7};
  SHOW(semctl(set, 2, SETVAL, u));
  SHOW(semctl(set, 2, GETVAL));
  u.val = 40000;
  SHOW(semctl(set, 2, SETVAL, u));
  SHOW(semctl(set, 9, GETVAL));
  SHOW(semctl(set, 2, GETPID) == getpid());
  unsigned short all[] = {1, 0, 3};
  u.array = all;
  SHOW(semctl(set, 0, SETALL, u));
  struct semid_ds ds;
  u.buf = &ds;
  SHOW(semctl(set, 0, IPC_STAT, u));
  printf("stat: %lu semaphores, mode %o, key %d, changed %d, operated %d\n", ds.sem_nsems, ds.sem_perm.mode, ds.sem_perm.__key, ds.sem_ctime > 0, ds.sem_otime > 0);
  ds.sem_perm.mode = 0640;
  SHOW(semctl(set, 0, IPC_SET, u));
  semctl(set, 0, IPC_STAT, u);
  printf("mode %o\n", ds.sem_perm.mode);

  struct timespec soon = {0, 10000000};
  struct sembuf one = {1, -1, 0};
  SHOW(semtimedop(set, &one, 1, &soon));
  struct sigaction action = {.sa_handler = onSignal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  ualarm(10000, 10000);
  SHOW(op(1, -1, 0));
  ualarm(0, 0);

  fflush(stdout);
  if (fork() == 0) {
    op(2, -1, SEM_UNDO);
    op(0, 4, SEM_UNDO);
    values("child");
    op(1, -1, 0);
    values("child goes on");
    _exit(0);
  }
  while (semctl(set, 1, GETNCNT) == 0) usleep(1000);
  printf("waiting %d for more, %d for zero\n", semctl(set, 1, GETNCNT), semctl(set, 1, GETZCNT));
  op(1, 1, 0);
  wait(0);
  values("undone");

  fflush(stdout);
  if (fork() == 0) {
    SHOW(op(2, 0, 0));
    SHOW(op(2, 0, 0));
    _exit(0);
  }
  while (semctl(set, 2, GETZCNT) == 0) usleep(1000);
  semctl(set, 0, IPC_RMID);
  wait(0);
  SHOW(op(0, 1, 0));

  key_t key = 0x50570000 + (getpid() & 0xffff);
  int named = semget(key, 2, IPC_CREAT | IPC_EXCL | 0600);
  SHOW(semget(key, 2, IPC_CREAT | IPC_EXCL | 0600));
  SHOW(semget(key, 3, 0));
  SHOW(semget(key, 2, 0) == named);
  SHOW(semctl(named, 0, IPC_RMID));
  SHOW(semget(key, 2, 0));

  set = semget(IPC_PRIVATE, 1, 0600);
  op(0, 1, 0);
  int turns = 0;
  fflush(stdout);
  for (int i = 0; i < 4; i++)
    if (fork() == 0) {
      for (int k = 0; k < 25; k++) {
        op(0, -1, SEM_UNDO);
        if (semctl(set, 0, GETVAL) != 0) _exit(1);
        op(0, 1, SEM_UNDO);
      }
      _exit(0);
    }
  int status;
  while (wait(&status) > 0) turns += status == 0;
  printf("%d of 4 took turns, value %d\n", turns, semctl(set, 0, GETVAL));
  semctl(set, 0, IPC_RMID);
  return 0;
}
