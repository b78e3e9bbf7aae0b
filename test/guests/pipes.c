// Pipes between processes: blocking both ways, large writes, end of file, SIGPIPE, non-blocking, poll, dup.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[300000];

int main(void) {
  int a[2], b[2];
  setvbuf(stdout, 0, _IONBF, 0);
  pipe(a);
  pipe(b);
  pid_t pid = fork();
  if (pid == 0) {
    close(a[1]);
    close(b[0]);
    unsigned sum = 0;
    long total = 0, n;
    while ((n = read(a[0], block, 7777)) > 0) {
      for (long i = 0; i < n; i++) sum = sum * 31 + (unsigned char)block[i];
      total += n;
    }
    dprintf(b[1], "%ld bytes, sum %u\n", total, sum);
    _exit(0);
  }
  close(a[0]);
  close(b[1]);
  for (unsigned i = 0; i < sizeof block; i++) block[i] = i * 7;
  unsigned sum = 0;
  for (unsigned i = 0; i < sizeof block; i++) sum = sum * 31 + (unsigned char)block[i];
  printf("wrote %zd, sum %u\n", write(a[1], block, sizeof block), sum);
  close(a[1]);
  char line[100] = {0};
  read(b[0], line, sizeof line);
  printf("child says %s", line);
  printf("end of file: %zd\n", read(b[0], line, 10));
  wait(0);
  close(b[0]);

  pipe2(a, O_NONBLOCK | O_CLOEXEC);
  printf("empty: %d\n", read(a[0], line, 1) < 0 && errno == EAGAIN);
  long filled = 0, n;
  while ((n = write(a[1], block, 4096)) > 0) filled += n;
  printf("filled %ld, full: %d\n", filled, errno == EAGAIN);
  printf("flags %d\n", fcntl(a[0], F_GETFD));
  struct pollfd fds[2] = {{a[0], POLLIN, 0}, {a[1], POLLOUT, 0}};
  printf("poll %d: ", poll(fds, 2, 0));
  printf("%x %x\n", fds[0].revents, fds[1].revents);
  while (read(a[0], block, sizeof block) > 0) {}
  printf("poll %d: ", poll(fds, 2, 0));
  printf("%x %x\n", fds[0].revents, fds[1].revents);
  printf("poll times out: %d\n", poll(fds, 1, 5));
  close(a[1]);
  fds[1].fd = -1;
  printf("poll %d: ", poll(fds, 2, -1));
  printf("%x\n", fds[0].revents);
  close(a[0]);

  pipe(a);
  close(a[0]);
  signal(SIGPIPE, SIG_IGN);
  printf("no reader: %d\n", write(a[1], "x", 1) < 0 && errno == EPIPE);
  if (fork() == 0) {
    signal(SIGPIPE, SIG_DFL);
    write(a[1], "x", 1);
    _exit(0);
  }
  int status;
  wait(&status);
  printf("killed by %d\n", WTERMSIG(status));
  close(a[1]);

  pipe(a);
  if ((pid = fork()) == 0) {
    dup2(a[1], 1);
    close(a[0]);
    write(1, "through stdout\n", 15); // one write: the reader must not see half of it
    _exit(0);
  }
  close(a[1]);
  struct iovec parts[2] = {{line, 4}, {line + 50, 40}};
  memset(line, 0, sizeof line);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(a[0], &set);
  printf("select %d\n", select(a[0] + 1, &set, 0, 0, 0));
  printf("readv %zd: %s|%s", readv(a[0], parts, 2), line, line + 50);
  wait(0);
  printf("bad fd: %d %d\n", read(77, line, 1) < 0 && errno == EBADF, write(a[0], line, 1) < 0 && errno == EBADF);
  printf("seek: %d\n", lseek(a[0], 0, SEEK_SET) < 0 && errno == ESPIPE);
  return 0;
}
