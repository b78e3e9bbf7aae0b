/* System V message queues and POSIX ones: order, types and priorities, sizes, waiting, timeouts, notification, removal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "asleep.h"

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)

static struct message {
  long type;
  char text[8200];
} m;

static int queue;

static int put(long type, const char *text, int flags) {
  m.type = type;
  strcpy(m.text, text);
  return msgsnd(queue, &m, strlen(text), flags);
}

static void take(long type, int size, int flags) {
  memset(&m, 0, 64);
  errno = 0;
  long got = msgrcv(queue, &m, size, type, flags);
  if (got < 0) printf("take %ld: %s\n", type, strerrorname_np(errno));
  else printf("take %ld: type %ld \"%s\" of %ld\n", type, m.type, m.text, got);
  fflush(stdout);
}

static void onSignal(int signal) {}

static void systemV(void) {
  queue = msgget(IPC_PRIVATE, 0600);
  SHOW(put(3, "three", 0));
  SHOW(put(1, "one", 0));
  SHOW(put(2, "two", 0));
  SHOW(put(1, "one again", 0));
  SHOW(put(0, "zero", 0));
  SHOW(put(-1, "negative", 0));
  m.type = 1;
  SHOW(msgsnd(queue, &m, 8193, 0));
  SHOW(msgsnd(queue, &m, -1, 0));
  take(2, 100, 0);
  take(-2, 100, 0);
  take(1, 100, MSG_EXCEPT);
  take(9, 100, IPC_NOWAIT);
  take(0, 2, 0);
  take(0, 3, MSG_NOERROR);
  take(0, 100, IPC_NOWAIT);
  take(0, 100, MSG_COPY);
  struct msqid_ds ds;
  put(5, "12345", 0);
  SHOW(msgctl(queue, IPC_STAT, &ds));
  printf("%lu messages, %lu of %lu bytes, sender me %d, mode %o\n", ds.msg_qnum, ds.__msg_cbytes, ds.msg_qbytes, ds.msg_lspid == getpid(), ds.msg_perm.mode);
  ds.msg_qbytes = 10;
  SHOW(msgctl(queue, IPC_SET, &ds));
  SHOW(put(6, "123456", IPC_NOWAIT));
  SHOW(put(6, "12345", IPC_NOWAIT));
  fflush(stdout);
  if (fork() == 0) {
    untilAsleep(getppid());
    take(0, 100, 0);
    _exit(0);
  }
  put(7, "late", 0);
  wait(0);
  take(6, 100, 0);
  take(7, 100, 0);
  struct sigaction action = {.sa_handler = onSignal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  ualarm(10000, 10000);
  take(0, 100, 0);
  ualarm(0, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    take(0, 100, 0);
    take(0, 100, 0);
    _exit(0);
  }
  untilAsleep(child);
  msgctl(queue, IPC_RMID, 0);
  wait(0);
  SHOW(msgget(0x12345, 0));
}

static volatile int told, toldCode, toldValue;

static void onMessage(int signal, siginfo_t *info, void *context) {
  told++;
  toldCode = info->si_code;
  toldValue = info->si_value.sival_int;
}

static void posix(void) {
  char name[64], text[8192];
  unsigned priority;
  sprintf(name, "/pagewalk-%d", getpid());
  SHOW(mq_open(name, O_RDWR));
  struct mq_attr wanted = {.mq_maxmsg = 3, .mq_msgsize = 16};
  mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, &wanted);
  printf("opened %d\n", q >= 0);
  SHOW(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, &wanted));
  wanted.mq_maxmsg = 0;
  SHOW(mq_open("/other", O_RDWR | O_CREAT, 0640, &wanted));
  SHOW(mq_open("no-slash", O_RDWR));
  SHOW(mq_open("/a/b", O_RDWR | O_CREAT, 0600, 0));
  SHOW(mq_send(q, "low", 4, 1));
  SHOW(mq_send(q, "high", 5, 9));
  SHOW(mq_send(q, "low too", 8, 1));
  SHOW(mq_send(q, "x", 1, 40000));
  SHOW(mq_send(q, "longer than sixteen", 20, 1));
  struct timespec late;
  clock_gettime(CLOCK_REALTIME, &late);
  SHOW(mq_timedsend(q, "full", 5, 1, &late));
  struct mq_attr now, nonBlocking = {.mq_flags = O_NONBLOCK};
  SHOW(mq_setattr(q, &nonBlocking, &now));
  printf("flags %ld, %ld of %ld messages of %ld bytes\n", now.mq_flags, now.mq_curmsgs, now.mq_maxmsg, now.mq_msgsize);
  SHOW(mq_send(q, "full", 5, 1));
  SHOW(mq_receive(q, text, 5, &priority));
  for (int i = 0; i < 3; i++) {
    long got = mq_receive(q, text, 16, &priority);
    printf("received %ld \"%s\" with %u\n", got, text, priority);
  }
  SHOW(mq_receive(q, text, 16, &priority));
  struct pollfd p = {.fd = q, .events = POLLIN | POLLOUT};
  poll(&p, 1, 0);
  printf("poll %#x\n", p.revents);
  struct stat st;
  fstat(q, &st);
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);

  struct sigaction action = {.sa_sigaction = onMessage, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  SHOW(mq_notify(q, &event));
  SHOW(mq_notify(q, &event));
  long length = read(q, text, sizeof text);
  printf("%.*s", 42, text);
  printf(" (%ld)\n", length > 60);
  mq_send(q, "one", 4, 0);
  printf("told %d, code %d, value %d\n", told, toldCode, toldValue);
  mq_send(q, "two", 4, 0);
  printf("told %d\n", told);
  SHOW(mq_notify(q, &event));
  SHOW(mq_notify(q, 0));

  struct mq_attr blocking = {.mq_flags = 0};
  mq_setattr(q, &blocking, 0);
  mq_receive(q, text, 16, 0);
  mq_receive(q, text, 16, 0);
  SHOW(mq_notify(q, &event));
  fflush(stdout);
  if (fork() == 0) {
    untilAsleep(getppid());
    mq_send(q, "from child", 11, 3);
    _exit(0);
  }
  long got = mq_receive(q, text, 16, &priority);
  printf("received %ld \"%s\" with %u, told %d\n", got, text, priority, told);
  wait(0);
  SHOW(mq_unlink(name));
  SHOW(mq_unlink(name));
  SHOW(mq_send(q, "still", 6, 0));
  SHOW(mq_close(q));
  SHOW(mq_send(q, "gone", 5, 0));
  SHOW(mq_send(0, "no queue", 9, 0));
}

int main(void) {
  systemV();
  posix();
  return 0;
}
