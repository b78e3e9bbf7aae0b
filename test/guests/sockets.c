/* Sockets between the processes of one machine: pairs, names, ports, files passed along, errors. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)

static void pairs(void) {
  int s[2];
  char b[64];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  SHOW(write(s[0], "hello", 5));
  SHOW(write(s[0], "world", 5));
  SHOW(recv(s[1], b, 3, MSG_PEEK));
  int n;
  SHOW(ioctl(s[1], FIONREAD, &n));
  printf("%d waiting\n", n);
  SHOW(read(s[1], b, sizeof b));
  printf("%.10s\n", b);
  SHOW(recv(s[1], b, 1, MSG_DONTWAIT));
  SHOW(shutdown(s[0], SHUT_WR));
  SHOW(read(s[1], b, 1));
  SHOW(write(s[1], "back", 4));
  SHOW(read(s[0], b, 64));
  signal(SIGPIPE, SIG_IGN);
  SHOW(write(s[0], "x", 1));
  struct pollfd p = {s[1], POLLIN | POLLOUT | POLLRDHUP, 0};
  SHOW(poll(&p, 1, 0));
  printf("revents %#x\n", p.revents);
  close(s[0]);
  SHOW(poll(&p, 1, 0));
  printf("revents %#x\n", p.revents);
  SHOW(send(s[1], "x", 1, MSG_NOSIGNAL));
  close(s[1]);
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
  SHOW(send(s[0], "one", 3, 0));
  SHOW(send(s[0], "twofold", 7, 0));
  SHOW(recv(s[1], b, 64, 0));
  SHOW(recv(s[1], b, 3, MSG_TRUNC));
  SHOW(recv(s[1], b, 3, 0));
  close(s[0]), close(s[1]);
  SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
  SHOW(write(s[0], "ab", 2));
  SHOW(write(s[0], "cd", 2));
  SHOW(read(s[1], b, 64));
  close(s[0]);
  SHOW(read(s[1], b, 64));
  SHOW(read(s[1], b, 64));
  close(s[1]);
}

static void rights(void) {
  int s[2], p[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  pipe(p);
  union { char b[CMSG_SPACE(sizeof(int))]; struct cmsghdr h; } u = {0};
  struct iovec v = {"!", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof u.b};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &p[1], sizeof(int));
  SHOW(sendmsg(s[0], &m, 0));
  close(p[1]);
  char b[8];
  v.iov_base = b;
  memset(&u, 0, sizeof u);
  m.msg_controllen = sizeof u.b;
  SHOW(recvmsg(s[1], &m, 0));
  int fd = -1;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
  printf("flags %d, a file came along: %d\n", m.msg_flags, fd >= 0);
  SHOW(write(fd, "through", 7));
  SHOW(read(p[0], b, 7));
  struct ucred cred;
  socklen_t n = sizeof cred;
  SHOW(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &cred, &n));
  printf("own pid: %d\n", cred.pid == getpid());
  close(fd), close(p[0]), close(s[0]), close(s[1]);
}

static void named(int abstract) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  strcpy(a.sun_path + abstract, abstract ? "pagewalk-test" : "name");
  socklen_t size = abstract ? offsetof(struct sockaddr_un, sun_path) + 14 : sizeof a;
  int l = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(connect(l, (void *)&a, size));
  SHOW(bind(l, (void *)&a, size));
  SHOW(bind(l, (void *)&a, size));
  SHOW(connect(l, (void *)&a, size));
  SHOW(listen(l, 2));
  int other = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(bind(other, (void *)&a, size));
  close(other);
  if (fork() == 0) {
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(c, (void *)&a, size)) _exit(1);
    char b[32];
    int n = read(c, b, sizeof b);
    for (int i = 0; i < n; i++) b[i] ^= 32;
    write(c, b, n);
    _exit(0);
  }
  struct sockaddr_un from = {0};
  socklen_t fromSize = sizeof from;
  int c = accept4(l, (void *)&from, &fromSize, SOCK_CLOEXEC);
  printf("accepted %d, from %u bytes\n", c >= 0, fromSize);
  SHOW(fcntl(c, F_GETFD));
  write(c, "Mixed", 5);
  char b[32] = "";
  SHOW(read(c, b, sizeof b));
  puts(b);
  int status;
  wait(&status);
  printf("child %d\n", status);
  SHOW(read(c, b, 1));
  socklen_t n = sizeof from;
  SHOW(getsockname(c, (void *)&from, &n));
  printf("%u %s\n", n, from.sun_path + abstract);
  close(c), close(l);
  if (!abstract) {
    int late = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(late, (void *)&a, size));
    SHOW(unlink("name"));
    SHOW(connect(late, (void *)&a, size));
    close(late);
  }
}

static void internet(int family) {
  union { struct sockaddr_in v4; struct sockaddr_in6 v6; struct sockaddr any; } a, b;
  memset(&a, 0, sizeof a);
  a.any.sa_family = family;
  if (family == AF_INET) a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  else a.v6.sin6_addr = in6addr_loopback;
  socklen_t size = family == AF_INET ? sizeof a.v4 : sizeof a.v6, n = size;
  int l = socket(family, SOCK_STREAM, 0), one = 1;
  SHOW(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
  SHOW(bind(l, &a.any, size));
  SHOW(getsockname(l, &a.any, &n));
  printf("port chosen: %d, size %d\n", a.v4.sin_port != 0, n == size);
  SHOW(listen(l, 5));
  SHOW(fcntl(l, F_SETFL, O_NONBLOCK));
  SHOW(accept(l, 0, 0));
  int c = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(c, &a.any, size));
  struct pollfd p = {c, POLLOUT, 0};
  SHOW(poll(&p, 1, 1000));
  int error = -1;
  n = sizeof error;
  SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &error, &n));
  printf("error %d\n", error);
  p = (struct pollfd){l, POLLIN, 0};
  SHOW(poll(&p, 1, 1000));
  n = size;
  int s = accept(l, &b.any, &n);
  printf("accepted %d family %d\n", s >= 0, b.any.sa_family);
  SHOW(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  fcntl(c, F_SETFL, 0);
  if (fork() == 0) {
    char *big = calloc(1, 1 << 20);
    for (int i = 0; i < 1 << 20; i++) big[i] = i * 7;
    int sent = send(c, big, 1 << 20, 0);
    _exit(sent == 1 << 20 ? 3 : 4);
  }
  close(c);
  long sum = 0, total = 0;
  static unsigned char buffer[10000];
  for (int got; (got = recv(s, buffer, sizeof buffer, MSG_WAITALL)) > 0; total += got)
    for (int i = 0; i < got; i++) sum += buffer[i];
  int status;
  wait(&status);
  printf("received %ld, sum %ld, child %d\n", total, sum, WEXITSTATUS(status));
  close(s), close(l);
  int refused = socket(family, SOCK_STREAM, 0);
  SHOW(connect(refused, &a.any, size));
  SHOW(shutdown(refused, SHUT_WR));
  SHOW(getpeername(refused, &b.any, &n));
  char byte;
  SHOW(recv(refused, &byte, 1, 0));
  close(refused);
  int u = socket(family, SOCK_DGRAM, 0), w = socket(family, SOCK_DGRAM, 0);
  if (family == AF_INET) a.v4.sin_port = 0; else a.v6.sin6_port = 0;
  SHOW(bind(u, &a.any, size));
  n = size;
  getsockname(u, &a.any, &n);
  SHOW(sendto(w, "datagram", 8, 0, &a.any, size));
  n = size;
  SHOW(recvfrom(u, buffer, 4, MSG_TRUNC, &b.any, &n));
  SHOW(sendto(u, "reply", 5, 0, &b.any, n));
  SHOW(recv(w, buffer, sizeof buffer, 0));
  struct timeval tv = {0, 20000};
  SHOW(setsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  SHOW(recv(u, buffer, 1, 0));
  SHOW(send(u, "x", 1, 0));
  SHOW(connect(w, &a.any, size));
  SHOW(send(w, "connected", 9, 0));
  struct mmsghdr mm[2];
  struct iovec v[2] = {{buffer, 100}, {buffer + 100, 100}};
  memset(mm, 0, sizeof mm);
  for (int i = 0; i < 2; i++) mm[i].msg_hdr.msg_iov = &v[i], mm[i].msg_hdr.msg_iovlen = 1;
  SHOW(recvmmsg(u, mm, 2, MSG_WAITFORONE, 0));
  printf("length %u\n", mm[0].msg_len);
  close(u), close(w);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  pairs();
  rights();
  named(0);
  named(1);
  internet(AF_INET);
  internet(AF_INET6);
  SHOW(socket(AF_UNIX, 77, 0));
  SHOW(socket(99, SOCK_STREAM, 0));
  SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  int file = open("not-a-socket", O_RDWR | O_CREAT, 0600);
  SHOW(listen(file, 1));
  unlink("not-a-socket");
  SHOW(accept(99, 0, 0));
  return 0;
}
