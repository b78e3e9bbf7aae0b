/* Bytes to and from files: offsets, vectors, holes, copies within the kernel, and descriptors' own flags. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static char b[8192];

static void offsets(int f) {
  SHOW(pwrite(f, "0123456789", 10, 0));
  SHOW(lseek(f, 0, SEEK_CUR));
  SHOW(pread(f, b, 4, 3));
  printf("%.4s\n", b);
  SHOW(pread(f, b, 4, 8));
  SHOW(pread(f, b, 4, 10));
  SHOW(pread(f, b, 4, -1));
  SHOW(pwrite(f, b, 4, -1));
  SHOW(lseek(f, 5, SEEK_END));
  SHOW(lseek(f, -1, SEEK_SET));
  SHOW(lseek(f, 0, 9));
  SHOW(write(f, "end", 3));
  SHOW(lseek(f, 0, SEEK_END));
  SHOW(read(f, b, 10));
  SHOW(read(f, (void *)8, 0));
  SHOW(pread(f, (void *)8, 4, 0));
  int p[2];
  pipe(p);
  SHOW(pread(p[0], b, 1, 0));
  SHOW(lseek(p[0], 0, SEEK_CUR));
  close(p[0]), close(p[1]);
  int a = open("appended", O_RDWR | O_CREAT | O_APPEND, 0600);
  write(a, "abc", 3);
  SHOW(lseek(a, 0, SEEK_SET));
  SHOW(write(a, "def", 3));
  SHOW(lseek(a, 0, SEEK_CUR));
  SHOW(pwrite(a, "x", 1, 0));
  SHOW(pread(a, b, 20, 0));
  printf("%.7s\n", b);
  SHOW(fcntl(a, F_SETFL, 0));
  SHOW(pwrite(a, "x", 1, 0));
  pread(a, b, 20, 0);
  printf("%.7s\n", b);
  close(a);
  unlink("appended");
}

static void vectors(int f) {
  char x[4], y[8];
  struct iovec v[4] = {{x, 4}, {0, 0}, {y, 8}, {(void *)16, 4}};
  SHOW(preadv(f, v, 3, 0));
  printf("%.4s %.6s\n", x, y);
  SHOW(preadv(f, v, 0, 0));
  SHOW(preadv(f, v, -1, 0));
  SHOW(preadv(f, v, 1025, 0));
  SHOW(preadv(f, v, 4, 0));
  SHOW(preadv(f, v + 3, 1, 0));
  v[0].iov_len = -1;
  SHOW(preadv(f, v, 3, 0));
  v[0] = (struct iovec){"VEC", 3}, v[2] = (struct iovec){"TORS", 4};
  SHOW(pwritev(f, v, 3, 1));
  SHOW(pread(f, b, 10, 0));
  printf("%.10s\n", b);
  SHOW(preadv2(f, v, 1, -1, 0x1000));
  v[0] = (struct iovec){x, 4};
  lseek(f, 2, SEEK_SET);
  SHOW(preadv2(f, v, 1, -1, 0));
  SHOW(lseek(f, 0, SEEK_CUR));
}

static void holes(int f) {
  SHOW(ftruncate(f, 0));
  SHOW(pwrite(f, "far", 3, 65536));
  SHOW(lseek(f, 65540, SEEK_DATA));
  SHOW(lseek(f, 65539, SEEK_HOLE));
  SHOW(ftruncate(f, 100));
  SHOW(fallocate(f, 0, 0, 1000));
  SHOW(lseek(f, 0, SEEK_END));
  SHOW(fallocate(f, FALLOC_FL_KEEP_SIZE, 0, 5000));
  SHOW(lseek(f, 0, SEEK_END));
  SHOW(fallocate(f, 0, 0, 0));
  SHOW(fallocate(f, 0, -1, 10));
  memset(b, 'x', 5000);
  pwrite(f, b, 5000, 0);
  SHOW(fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 100));
  pread(f, b, 5000, 0);
  printf("%d %d %d %d\n", b[9], b[10], b[109], b[110]);
  SHOW(fallocate(f, FALLOC_FL_PUNCH_HOLE, 10, 100));
  SHOW(fallocate(f, 0x100, 0, 10));
  SHOW(posix_fadvise(f, 0, 0, POSIX_FADV_SEQUENTIAL));
  SHOW(posix_fadvise(f, 0, 0, 77));
  SHOW(ftruncate(f, -1));
  SHOW(truncate("given", 0));
  SHOW(truncate("none", 0));
  int only = open("given/text", O_RDONLY);
  SHOW(ftruncate(only, 0));
  SHOW(fallocate(only, 0, 0, 10));
  close(only);
}

static void copies(int f) {
  int s = open("given/text", O_RDONLY), p[2];
  off_t at = 6, to = 2;
  ftruncate(f, 0);
  lseek(f, 0, SEEK_SET);
  SHOW(sendfile(f, s, &at, 8));
  printf("at %ld\n", (long)at);
  SHOW(lseek(s, 0, SEEK_CUR));
  SHOW(sendfile(f, s, 0, 5));
  SHOW(lseek(s, 0, SEEK_CUR));
  SHOW(sendfile(f, s, 0, 1000));
  SHOW(sendfile(f, s, 0, 1000));
  SHOW(lseek(f, 0, SEEK_END));
  at = 0;
  SHOW(copy_file_range(s, &at, f, &to, 5, 0));
  printf("at %ld to %ld\n", (long)at, (long)to);
  SHOW(copy_file_range(s, &at, f, 0, 5, 1));
  SHOW(copy_file_range(s, 0, s, 0, 5, 0));
  at = 1000;
  SHOW(copy_file_range(s, &at, f, &to, 5, 0));
  pread(f, b, 12, 0);
  printf("%.12s\n", b);
  pipe(p);
  SHOW(sendfile(p[1], s, (at = 0, &at), 10));
  SHOW(read(p[0], b, 20));
  printf("%.10s\n", b);
  SHOW(sendfile(f, p[0], 0, 10));
  SHOW(sendfile(s, f, 0, 10));
  SHOW(copy_file_range(p[0], 0, f, 0, 5, 0));
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  SHOW(sendfile(pair[0], s, (at = 0, &at), 100));
  SHOW(read(pair[1], b, 100));
  close(p[0]), close(p[1]), close(s), close(pair[0]), close(pair[1]);
}

static void descriptors(int f) {
  SHOW(dup2(f, 20));
  SHOW(dup3(f, 20, 0));
  SHOW(dup3(f, f, 0));
  SHOW(dup3(f, 21, O_CLOEXEC));
  SHOW(fcntl(21, F_GETFD));
  SHOW(dup3(f, 22, O_APPEND));
  SHOW(dup2(99, 23));
  SHOW(dup2(f, -1));
  SHOW(fcntl(f, F_DUPFD, 30));
  SHOW(fcntl(f, F_DUPFD_CLOEXEC, 30));
  SHOW(fcntl(31, F_GETFD));
  SHOW(fcntl(f, F_DUPFD, -1));
  SHOW(fcntl(99, F_GETFD));
  SHOW(fcntl(f, 9999));
  SHOW(syscall(SYS_close_range, 20, 25, 0));
  SHOW(fcntl(20, F_GETFD));
  SHOW(syscall(SYS_close_range, 30, 40, 4));
  SHOW(fcntl(30, F_GETFD));
  SHOW(syscall(SYS_close_range, 40, 30, 0));
  SHOW(close(30));
  SHOW(close(30));
  SHOW(fcntl(f, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  SHOW(fcntl(f, F_SETFL, O_APPEND | O_NONBLOCK));
  int other = dup(f);
  SHOW(fcntl(other, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  close(other);
}

int main(void) {
  int f = open("work", O_RDWR | O_CREAT | O_TRUNC, 0600);
  offsets(f);
  vectors(f);
  holes(f);
  copies(f);
  descriptors(f);
  unlink("work");
  return 0;
}
