/* splice, tee, vmsplice, sendfile, copy_file_range: what moves where, offsets, blocking, broken pipes; and pipes' sizes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "asleep.h"

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)

static void left(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  printf("left %d\n", n);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int p[2], q[2], sv[2];
  pipe(p);
  pipe(q);
  socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
  int in = open("given/text", O_RDONLY);
  int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
  loff_t at = 6, to = 3;
  SHOW(splice(in, &at, p[1], 0, 5, 0));
  SHOW(splice(in, 0, p[1], 0, 5, 0));
  printf("offset %ld, position %ld\n", (long)at, (long)lseek(in, 0, SEEK_CUR));
  left(p[0]);
  SHOW(tee(p[0], q[1], 4, 0));
  left(p[0]);
  left(q[0]);
  SHOW(splice(p[0], 0, out, &to, 100, 0));
  printf("offset %ld, position %ld\n", (long)to, (long)lseek(out, 0, SEEK_CUR));
  SHOW(splice(q[0], 0, out, 0, 3, 0));
  SHOW(splice(q[0], 0, sv[0], 0, 3, 0));
  char text[64] = "";
  SHOW(read(sv[1], text, 10));
  write(sv[1], "socket", 6);
  SHOW(splice(sv[0], 0, q[1], 0, 4, 0));
  SHOW(read(q[0], text, 10));
  lseek(out, 0, SEEK_SET);
  long got = read(out, text, 63);
  for (int i = 0; i < got; i++) putchar(text[i] ? text[i] : '0');
  printf("\n");
  SHOW(splice(in, 0, out, 0, 5, 0));
  SHOW(splice(p[0], &at, out, 0, 5, 0));
  SHOW(splice(p[0], 0, p[1], 0, 5, 0));
  SHOW(splice(p[1], 0, out, 0, 5, 0));
  SHOW(splice(p[0], 0, out, 0, 5, 64));
  SHOW(splice(p[0], 0, out, 0, 5, SPLICE_F_NONBLOCK));
  SHOW(splice(p[0], 0, out, 0, 0, 0));
  SHOW(splice(99, 0, out, 0, 1, 0));
  SHOW(tee(p[0], q[1], 5, SPLICE_F_NONBLOCK));
  SHOW(tee(p[0], p[1], 5, 0));
  SHOW(tee(in, p[1], 5, 0));
  struct iovec v[] = {{"one ", 4}, {"two", 3}};
  SHOW(vmsplice(p[1], v, 2, 0));
  char a[3], b[10];
  struct iovec w[] = {{a, 3}, {b, 10}};
  SHOW(vmsplice(p[0], w, 2, 0));
  printf("%.3s %.4s\n", a, b);
  SHOW(vmsplice(in, v, 2, 0));
  SHOW(splice(in, 0, p[1], 0, 1000, 0));
  SHOW(splice(in, 0, p[1], 0, 1000, 0));
  SHOW(splice(p[0], 0, q[1], 0, 6, 0));
  left(p[0]);
  left(q[0]);
  fcntl(out, F_SETFL, O_APPEND);
  SHOW(splice(p[0], 0, out, 0, 5, 0));
  fcntl(out, F_SETFL, 0);
  fflush(stdout);
  while (read(p[0], text, 64) == 64) {}
  if (fork() == 0) {
    untilAsleep(getppid());
    write(p[1], "late", 4);
    _exit(0);
  }
  SHOW(splice(p[0], 0, out, 0, 10, 0));
  wait(0);
  close(q[0]);
  SHOW(splice(in, &(loff_t){0}, q[1], 0, 5, 0));
  SHOW(vmsplice(q[1], v, 2, 0));
  write(p[1], "x", 1);
  SHOW(tee(p[0], q[1], 5, 0));
  read(p[0], text, 1);
  close(p[1]);
  SHOW(splice(p[0], 0, out, 0, 5, 0));

  pipe(p);
  SHOW(fcntl(p[0], F_GETPIPE_SZ));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 5000));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 1));
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  static char big[70000];
  SHOW(write(p[1], big, 70000));
  SHOW(write(p[1], big, 1));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 131072));
  SHOW(write(p[1], big, 70000));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 4096));
  SHOW(fcntl(p[1], F_SETPIPE_SZ, 1 << 21));
  SHOW(fcntl(out, F_GETPIPE_SZ));

  lseek(in, 0, SEEK_SET);
  ftruncate(out, 0);
  lseek(out, 0, SEEK_SET);
  off_t from = 11;
  SHOW(sendfile(out, in, &from, 7));
  SHOW(sendfile(out, in, 0, 5));
  SHOW(sendfile(out, p[0], 0, 5));
  SHOW(sendfile(in, out, 0, 5));
  fcntl(out, F_SETFL, O_APPEND);
  SHOW(sendfile(out, in, 0, 5));
  fcntl(out, F_SETFL, 0);
  loff_t here = 0, there = 20;
  SHOW(copy_file_range(in, &here, out, &there, 100, 0));
  printf("%ld %ld\n", (long)here, (long)there);
  SHOW(copy_file_range(out, &(loff_t){0}, out, &(loff_t){5}, 10, 0));
  SHOW(copy_file_range(out, &(loff_t){0}, out, &(loff_t){60}, 10, 0));
  SHOW(copy_file_range(in, 0, out, 0, 5, 1));
  SHOW(copy_file_range(in, 0, sv[0], 0, 5, 0));
  SHOW(lseek(out, 0, SEEK_END));
  return 0;
}
