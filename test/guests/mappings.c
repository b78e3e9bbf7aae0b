/* Stacks of one's own and their guard gaps, holes, moves that keep the old place, locks, advice, flags that are refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define GAP (256 * PAGE)
#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)
#define MAPS(call) do { errno = 0; void *at = (call); printf("%s: %s\n", #call, at == MAP_FAILED ? strerrorname_np(errno) : "mapped"); fflush(stdout); } while (0)

static char *map(long pages, int protection, int flags) {
  return mmap(0, pages * PAGE, protection, MAP_ANONYMOUS | flags, -1, 0);
}

/* What a store there ends with in a child: 0, or the signal. */
static int store(char *at) {
  fflush(stdout);
  if (fork() == 0) {
    *(volatile char *)at = 1;
    _exit(0);
  }
  int status;
  wait(&status);
  return WTERMSIG(status);
}

static void growing(void) {
  char *area = map(2048, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
  munmap(area, 2048 * PAGE);
  char *top = area + 2040 * PAGE;
  char *stack = mmap(top, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  stack[0] = 1;
  printf("below: %d, ten pages below: %d, far below: %d\n", store(stack - 1), store(stack - 10 * PAGE), store(stack - 1500 * PAGE));
  stack[-3 * PAGE] = 7;
  printf("grown %d\n", stack[-3 * PAGE]);
  char *low = stack - 3 * PAGE;
  mmap(low - GAP - 4 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("up to the gap: %d, into it: %d\n", store(low - 3 * PAGE), store(low - 4 * PAGE));
  mprotect(low - GAP - 4 * PAGE, PAGE, PROT_NONE);
  printf("a mapping without access needs no gap: %d\n", store(low - 10 * PAGE));
  SHOW(mprotect(stack, PAGE, PROT_READ | PROT_GROWSDOWN));
  printf("all of it is read-only: %d\n", store(stack - 2 * PAGE));
  char *fixed = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  SHOW(mprotect(fixed, PAGE, PROT_READ | PROT_GROWSDOWN));
  MAPS(map(1, PROT_READ, MAP_SHARED | MAP_GROWSDOWN));
  munmap(low - GAP - 4 * PAGE, PAGE);
  munmap(low, 4 * PAGE);
}

static void holes(void) {
  int fd = open("holed", O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char bytes[5 * PAGE];
  memset(bytes, 'x', sizeof bytes);
  write(fd, bytes, sizeof bytes);
  char *p = mmap(0, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *q = mmap(0, 5 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("%c %c\n", p[PAGE], q[PAGE]);
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE / 2, PAGE));
  printf("%d %d %d %d\n", p[PAGE / 2 - 1], p[PAGE / 2], q[PAGE], p[3 * PAGE / 2]);
  SHOW(madvise(p + 2 * PAGE, PAGE, MADV_REMOVE));
  char c[3];
  pread(fd, c, 3, 3 * PAGE - 2);
  printf("%d %d %d\n", q[2 * PAGE], c[1], c[2]);
  SHOW(madvise(q, PAGE, MADV_REMOVE));
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE));
  SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 10 * PAGE));
  SHOW(fallocate(fd, 0, 0, 6 * PAGE));
  SHOW(lseek(fd, 0, SEEK_END));
  SHOW(fallocate(fd, 0, -1, PAGE));
  SHOW(fallocate(fd, 0, 0, 0));
  p[4 * PAGE] = 'w';
  SHOW(msync(p, 5 * PAGE, MS_SYNC));
  SHOW(msync(p, 5 * PAGE, MS_SYNC | MS_ASYNC));
  SHOW(msync(p, 5 * PAGE, 8));
  SHOW(msync(p + 1, PAGE, MS_SYNC));
  pread(fd, c, 1, 4 * PAGE);
  printf("%c\n", c[0]);
  ftruncate(fd, PAGE);
  printf("past the end: %d\n", store(p + 2 * PAGE));
}

static void moves(void) {
  char *p = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  strcpy(p, "kept");
  char *to = map(4, PROT_NONE, MAP_PRIVATE);
  char *q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, to);
  printf("%d \"%s\" \"%s\"\n", q == to, q, p);
  p[0] = 'n';
  printf("\"%s\" \"%s\"\n", q, p);
  SHOW(mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_DONTUNMAP));
  SHOW(mremap(q + 1, PAGE, PAGE, 0));
  SHOW(mremap(q, 4 * PAGE, 0, 0));
  SHOW(mremap(q, 4 * PAGE, 8 * PAGE, 64));
  SHOW(mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_FIXED, to));
  SHOW(mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE));
  munmap(q + PAGE, PAGE);
  SHOW(mremap(q, 4 * PAGE, 2 * PAGE, 0) == (long)q);
  SHOW(mremap(q, PAGE, 2 * PAGE, 0) == (long)q);
  char *shared = map(2, PROT_READ | PROT_WRITE, MAP_SHARED);
  strcpy(shared, "same");
  char *grown = mremap(shared, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
  printf("%s, past the object: %d\n", grown, store(grown + 3 * PAGE));
}

static void advice(void) {
  char *p = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  memset(p, 5, 4 * PAGE);
  for (int i = 0; i < 27; i++)
    if (i != MADV_HWPOISON && i != 9 && i != 12 && i != 13 && i != 14 && i != 15 && i != 25 && i != 4 && i != 8) {
      errno = 0;
      int got = madvise(p, PAGE, i);
      printf("advice %d: %d %s\n", i, got, got ? strerrorname_np(errno) : "");
    }
  SHOW(madvise(p + PAGE, PAGE, MADV_DONTNEED));
  printf("%d %d %d\n", p[0], p[PAGE], p[2 * PAGE]);
  int fd = open("given/text", O_RDONLY);
  char *q = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  q[0] = 'X';
  SHOW(madvise(q, PAGE, MADV_FREE));
  SHOW(madvise(q, PAGE, MADV_DONTNEED));
  printf("%c\n", q[0]);
  SHOW(madvise(q, PAGE, MADV_WIPEONFORK));
  SHOW(madvise(p, -PAGE, MADV_NORMAL));
  SHOW(madvise(p, 0, MADV_NORMAL));
  SHOW(madvise(0, PAGE, MADV_DONTNEED));
  char *none = map(2, PROT_NONE, MAP_PRIVATE);
  SHOW(madvise(none, PAGE, MADV_POPULATE_READ));
  SHOW(madvise(p, 4 * PAGE, MADV_POPULATE_WRITE));
  struct iovec v = {p, 2 * PAGE};
  int self = syscall(SYS_pidfd_open, getpid(), 0);
  SHOW(syscall(SYS_process_madvise, self, &v, 1, MADV_COLD, 0));
  SHOW(syscall(SYS_process_madvise, self, &v, 1, MADV_COLD, 1));
  SHOW(syscall(SYS_process_madvise, 0, &v, 1, MADV_COLD, 0));
}

static void refused(void) {
  int fd = open("given/text", O_RDONLY);
  int out = open("holed", O_WRONLY | O_CREAT, 0600);
  MAPS(mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 1));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, out, 0));
  MAPS(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  MAPS(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
  MAPS(mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | (1 << 25), fd, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE, fd, 0));
  MAPS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0x7ffffffffffff000));
  MAPS(mmap(0, 1L << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW(munmap((void *)1, PAGE));
  SHOW(munmap((void *)PAGE, 0));
  SHOW(mprotect((void *)PAGE, PAGE, 64));
  SHOW(mprotect((void *)PAGE, PAGE, PROT_READ));
}

int main(void) {
  growing();
  holes();
  moves();
  advice();
  refused();
  return 0;
}
