/* Record locks, those of open file descriptions, and flock: who excludes whom, what splits, who waits, what deadlocks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include "asleep.h"

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)

static int fd;

static int lock(int f, int command, int type, int whence, long start, long length) {
  struct flock l = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
  return fcntl(f, command, &l);
}

static void look(int f, int command, int type, long start, long length) {
  struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  if (fcntl(f, command, &l) < 0) printf("look: %s\n", strerrorname_np(errno));
  else if (l.l_type == F_UNLCK) printf("look %ld+%ld: free\n", start, length);
  else printf("look %ld+%ld: %s lock %ld+%ld of %s\n", start, length, l.l_type == F_WRLCK ? "write" : "read", (long)l.l_start, (long)l.l_len,
              l.l_pid == getppid() ? "the parent" : l.l_pid == -1 ? "a description" : "another");
  fflush(stdout);
}

static void inChild(void (*act)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    act();
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (status) printf("child ended with %#x\n", status);
}

static void others(void) {
  look(fd, F_GETLK, F_RDLCK, 0, 0);
  look(fd, F_GETLK, F_WRLCK, 0, 10);
  look(fd, F_GETLK, F_WRLCK, 25, 10);
  look(fd, F_GETLK, F_RDLCK, 60, 0);
  look(fd, F_GETLK, F_WRLCK, 60, 0);
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 10, 10));
  SHOW(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 60, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 60, 5));
}

static void ranges(void) {
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 10, 40));
  SHOW(lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 20, 10));
  SHOW(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 50, 0));
  SHOW(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 40, -5));
  inChild(others);
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, -1, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 5, -10));
  SHOW(lock(fd, F_SETLK, 9, SEEK_SET, 0, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, 7, 0, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_END, -8, 8));
  int readOnly = open("locked", O_RDONLY);
  SHOW(lock(readOnly, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  SHOW(lock(99, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  SHOW(fcntl(fd, F_SETLK, 8));
  printf("closing any descriptor of the file lets go\n");
  close(readOnly);
  inChild(others);
}

static void onSignal(int signal) {}

static void blocking(void) {
  int ready[2], asked[2];
  pipe(ready);
  pipe(asked);
  fflush(stdout);
  lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
  pid_t child = fork();
  if (child == 0) {
    lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 10);
    write(ready[1], "x", 1);
    read(asked[0], &(char){0}, 1);
    untilAsleep(getppid());
    write(fd, "written under the lock", 22);
    lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 10);
    pause();
  }
  char text[32] = "";
  read(ready[0], text, 1);
  SHOW(lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 5, 1));
  write(asked[1], "x", 1);
  SHOW(lock(fd, F_SETLKW, F_RDLCK, SEEK_SET, 5, 1));
  pread(fd, text, 22, 0);
  printf("read \"%s\"\n", text);
  kill(child, SIGKILL);
  wait(0);

  struct sigaction action = {.sa_handler = onSignal};
  sigaction(SIGALRM, &action, 0);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 100, 10);
    write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  read(ready[0], text, 1);
  ualarm(20000, 20000);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 105, 1));
  ualarm(0, 0);
  kill(child, SIGKILL);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 105, 1));
  wait(0);
}

static void deadlock(void) {
  int ready[2];
  pipe(ready);
  lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
  lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 1);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 1, 1);
    write(ready[1], "x", 1);
    int got = lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 0, 1);
    printf("child has the first byte: %d\n", got);
    fflush(stdout);
    _exit(0);
  }
  char c;
  read(ready[0], &c, 1);
  untilAsleep(child);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
  lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 1);
  wait(0);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
}

static void descriptions(void) {
  int a = open("locked", O_RDWR), b = open("locked", O_RDWR), copy = dup(a);
  lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
  SHOW(lock(a, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 10));
  SHOW(lock(copy, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 5));
  SHOW(lock(b, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 1));
  look(b, F_OFD_GETLK, F_WRLCK, 0, 0);
  look(b, F_OFD_GETLK, F_RDLCK, 0, 0);
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 7, 1));
  close(a);
  SHOW(lock(b, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 1));
  close(copy);
  SHOW(lock(b, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 1));
  struct flock l = {.l_type = F_WRLCK, .l_len = 1, .l_pid = 5};
  SHOW(fcntl(b, F_OFD_SETLK, &l));
  close(b);
}

static void whole(void) {
  int a = open("locked", O_RDONLY), b = open("locked", O_RDWR);
  SHOW(flock(a, LOCK_SH));
  SHOW(flock(b, LOCK_SH | LOCK_NB));
  SHOW(flock(b, LOCK_EX | LOCK_NB));
  SHOW(flock(a, LOCK_EX | LOCK_NB));
  SHOW(flock(b, LOCK_SH | LOCK_EX));
  SHOW(flock(b, 77));
  SHOW(flock(99, LOCK_SH));
  SHOW(flock(a, LOCK_UN));
  SHOW(flock(b, LOCK_EX));
  SHOW(lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 0));
  fflush(stdout);
  int copy = dup(b), asked[2];
  pipe(asked);
  if (fork() == 0) {
    close(copy);
    read(asked[0], &(char){0}, 1);
    untilAsleep(getppid());
    _exit(0);
  }
  close(b);
  SHOW(flock(a, LOCK_SH | LOCK_NB));
  close(copy);
  SHOW(flock(a, LOCK_SH | LOCK_NB));
  write(asked[1], "x", 1);
  SHOW(flock(a, LOCK_SH));
  wait(0);
}

int main(void) {
  fd = open("locked", O_RDWR | O_CREAT, 0600);
  write(fd, "0123456789", 10);
  lseek(fd, 0, SEEK_SET);
  ranges();
  blocking();
  deadlock();
  descriptions();
  whole();
  return 0;
}
