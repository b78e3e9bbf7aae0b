/* userfaultfd: who waits for which page, and who gives it. */
#include "edges.h"
#include <linux/userfaultfd.h>
static int fd;
static char *area;
static volatile int handled;
static void *reads(void *p) { return (void *)(long)*(volatile char *)p; }
static void *writes(void *p) { *(volatile char *)p = 9; return (void *)(long)((volatile char *)p)[1]; }
static void one(int close_after) {
struct uffd_msg m;
ssize_t n = read(fd, &m, sizeof m);
V(n);
printf("%x %d %+ld\n", m.event, (int)m.arg.pagefault.flags, (long)((char *)m.arg.pagefault.address - area));
(void)close_after;
static char page[P] __attribute__((aligned(P)));
memset(page, 'a' + handled++, P);
struct uffdio_copy c = {(long)m.arg.pagefault.address & -P, (long)page, P, 0, 0};
V(ioctl(fd, UFFDIO_COPY, &c));
V(c.copy);
V(ioctl(fd, UFFDIO_COPY, &c));
V(c.copy);
}
int main(void) {
  T(S(SYS_userfaultfd, 0x100));
  fd = S(SYS_userfaultfd, 1 | O_CLOEXEC);
  V(fd >= 0);
  struct uffd_msg m;
  T(read(fd, &m, sizeof m));
  struct uffdio_register r = {0};
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  struct uffdio_api a = {.api = 1};
  T(ioctl(fd, UFFDIO_API, &a));
  a = (struct uffdio_api){.api = UFFD_API, .features = 1UL << 60};
  T(ioctl(fd, UFFDIO_API, &a));
  a = (struct uffdio_api){.api = UFFD_API};
  T(ioctl(fd, UFFDIO_API, &a));
  T(ioctl(fd, UFFDIO_API, &a));
  V(a.ioctls >> 63);
  area = mmap(0, 16 * P, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
  area[0] = 'z';
  r = (struct uffdio_register){{(long)area + 1, 8 * P}, UFFDIO_REGISTER_MODE_MISSING};
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  r.range.start = (long)area;
  r.mode = 0;
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  r.mode = 0x100;
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  r.mode = UFFDIO_REGISTER_MODE_MISSING;
  r.range.len = 0;
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  r.range.len = 8 * P;
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  V((r.ioctls & 0x1c) == 0x1c);
  int other = S(SYS_userfaultfd, 1|O_NONBLOCK);
  a.api = UFFD_API;
  a.features = 0;
  T(ioctl(other, UFFDIO_API, &a));
  T(ioctl(other, UFFDIO_REGISTER, &r));
  T(read(other, &m, sizeof m));
  T(read(other, &m, 8));
  T(ioctl(fd, 0x1234, &a));
  T(ioctl(fd, UFFDIO_COPY, (void *)8));
  /* a page that is there, one that is read, one that is written */
  V(area[0]);
  pthread_t t;
  void *v;
  pthread_create(&t, 0, reads, area + P + 5);
  one(0);
  pthread_join(t, &v);
  V((long)v);
  pthread_create(&t, 0, writes, area + 2 * P);
  one(0);
  pthread_join(t, &v);
  V((long)v);
  V(area[2*P]);
  /* two threads at one page: two messages, one page */
  pthread_t t2;
  void *v2;
  pthread_create(&t, 0, reads, area + 3 * P);
  pthread_create(&t2, 0, reads, area + 3 * P + 8);
  read(fd, &m, sizeof m);
  read(fd, &m, sizeof m);
  struct uffdio_zeropage z = {{(long)area + 3 * P, P}, 0};
  T(ioctl(fd, UFFDIO_ZEROPAGE, &z));
  V(z.zeropage);
  T(ioctl(fd, UFFDIO_ZEROPAGE, &z));
  V(z.zeropage);
  pthread_join(t, &v);
  pthread_join(t2, &v2);
  V((long)v + (long)v2);
  /* without waking, then waking */
  pthread_create(&t, 0, reads, area + 4 * P);
  read(fd, &m, sizeof m);
  static char page[2 * P] = "quiet";
  struct uffdio_copy c = {(long)area + 4 * P, (long)page, 2 * P, UFFDIO_COPY_MODE_DONTWAKE, 0};
  T(ioctl(fd, UFFDIO_COPY, &c));
  V(c.copy);
  struct uffdio_range w = {(long)area + 4 * P, P};
  T(ioctl(fd, UFFDIO_WAKE, &w));
  pthread_join(t, &v);
  V((long)v);
  /* a system call does not wait */
  int p[2];
  pipe(p);
  write(p[1], "x", 1);
  T(read(p[0], area + 6 * P, 1));
  T(write(p[1], area + 6 * P, 1));
  /* outside, partly there, copy source that is bad */
  c = (struct uffdio_copy){(long)area + 9 * P, (long)page, P, 0, 0};
  T(ioctl(fd, UFFDIO_COPY, &c));
  c.dst = (long)area + 6 * P;
  c.src = 8;
  T(ioctl(fd, UFFDIO_COPY, &c));
  V(c.copy);
  c.src = (long)page;
  c.mode = 99;
  T(ioctl(fd, UFFDIO_COPY, &c));
  c.mode = 0;
  c.len = 100;
  T(ioctl(fd, UFFDIO_COPY, &c));
  madvise(area + P, P, MADV_DONTNEED);
  pthread_create(&t, 0, reads, area + P);
  one(0);
  pthread_join(t, &v);
  V((long)v);
  /* a child is not registered, unregistering wakes */
  if (!fork()) { V(area[7 * P]); _exit(0); } wait(0);
  pthread_create(&t, 0, reads, area + 7 * P);
  read(fd, &m, sizeof m);
  w = (struct uffdio_range){(long)area, 8 * P};
  T(ioctl(fd, UFFDIO_UNREGISTER, &w));
  pthread_join(t, &v);
  V((long)v);
  /* closing wakes as well; SIGBUS instead of messages */
  r.range.start = (long)area + 8 * P;
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  pthread_create(&t, 0, reads, area + 8 * P);
  read(fd, &m, sizeof m);
  close(fd);
  pthread_join(t, &v);
  V((long)v);
  fd = S(SYS_userfaultfd, 1);
  a = (struct uffdio_api){.api = UFFD_API, .features = UFFD_FEATURE_SIGBUS};
  T(ioctl(fd, UFFDIO_API, &a));
  r.range = (struct uffdio_range){(long)area + 10 * P, 2 * P};
  T(ioctl(fd, UFFDIO_REGISTER, &r));
  catch_faults();
  F(area, area[10 * P + 3] = 1);
  munmap(area + 10 * P, P);
  F(area, area[10 * P] = 1);
  mmap(area + 11 * P, P, PROT_READ|PROT_WRITE, MAP_FIXED|MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
  F(area, area[11 * P] = 1);
  return 0;
  }
