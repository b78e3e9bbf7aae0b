/* What a process may not have: address space, data, stack, files, processes, locked memory, file sizes; arguments of exec. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB (1L << 20)
#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)
#define FITS(call) do { errno = 0; int ok = (call) != MAP_FAILED; printf("%s: %s\n", #call, ok ? "fits" : strerrorname_np(errno)); fflush(stdout); } while (0)

static void inChild(const char *what, void (*act)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  if (fork() == 0) {
    act();
    fflush(stdout);
    _exit(0);
  }
  int status;
  wait(&status);
  if (status) printf("ended with %#x\n", status);
}

static void limit(int resource, long soft) {
  struct rlimit l;
  getrlimit(resource, &l);
  l.rlim_cur = soft;
  if (setrlimit(resource, &l)) printf("setrlimit: %s\n", strerrorname_np(errno));
}

static void *map(long size, int protection, int flags) {
  return mmap(0, size, protection, MAP_ANONYMOUS | flags, -1, 0);
}

static void addressSpace(void) {
  limit(RLIMIT_AS, 64 * MB);
  FITS(map(128 * MB, PROT_NONE, MAP_PRIVATE));
  FITS(map(128 * MB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE));
  char *p = map(16 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  FITS(p);
  FITS(mmap(p, 16 * MB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  FITS(map(100 * MB, PROT_NONE, MAP_PRIVATE));
  FITS(mremap(p, 16 * MB, 128 * MB, MREMAP_MAYMOVE));
  FITS(sbrk(128 * MB));
  munmap(p, 16 * MB);
  FITS(map(16 * MB, PROT_NONE, MAP_PRIVATE));
}

static void data(void) {
  limit(RLIMIT_DATA, 32 * MB);
  FITS(map(64 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  FITS(map(64 * MB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE));
  char *p = map(64 * MB, PROT_READ, MAP_PRIVATE);
  FITS(p);
  SHOW(mprotect(p, 64 * MB, PROT_READ | PROT_WRITE));
  SHOW(mprotect(p, 4 * MB, PROT_READ | PROT_WRITE));
  FITS(sbrk(64 * MB));
  FITS(sbrk(1 * MB));
}

static int depth(int left) {
  volatile char frame[64 * 1024];
  frame[0] = left;
  return left == 0 ? frame[0] : depth(left - 1) + frame[0];
}

static void smallStack(void) {
  limit(RLIMIT_STACK, 1 * MB);
  printf("shallow %d\n", depth(10) >= 0);
  fflush(stdout);
  depth(40);
  printf("deep\n");
}

static void largeStack(void) {
  limit(RLIMIT_STACK, 32 * MB);
  printf("deep %d\n", depth(300) != -1);
}

static void overcommit(void) {
  FITS(map(1L << 45, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  FITS(map(1L << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  FITS(map(1L << 36, PROT_READ | PROT_WRITE, MAP_SHARED));
  FITS(map(1L << 36, PROT_NONE, MAP_PRIVATE));
  FITS(map(1L << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE));
  FITS(sbrk(1L << 36));
  SHOW(malloc(1L << 36));
}

static void onSize(int signal) { write(1, "SIGXFSZ\n", 8); }

static void fileSize(void) {
  signal(SIGXFSZ, onSize);
  limit(RLIMIT_FSIZE, 1000);
  int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char buffer[2000];
  SHOW(write(fd, buffer, 900));
  SHOW(write(fd, buffer, 900));
  SHOW(write(fd, buffer, 1));
  SHOW(pwrite(fd, buffer, 100, 950));
  SHOW(pwrite(fd, buffer, 100, 1000));
  SHOW(write(fd, buffer, 0));
  SHOW(ftruncate(fd, 1001));
  SHOW(ftruncate(fd, 10));
  SHOW(truncate("limited", 5000));
  SHOW(posix_fallocate(fd, 0, 2000));
  SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2000));
  SHOW(lseek(fd, 0, SEEK_END));
  int p[2];
  pipe(p);
  SHOW(write(p[1], buffer, 2000));
  signal(SIGXFSZ, SIG_DFL);
  SHOW(pwrite(fd, buffer, 100, 1000));
}

static void openFiles(void) {
  limit(RLIMIT_NOFILE, 8);
  int last = -1, fd;
  while ((fd = open("/dev/null", O_RDONLY)) >= 0) last = fd;
  printf("last %d, then %s\n", last, strerrorname_np(errno));
  SHOW(dup(0));
  SHOW(dup2(0, 8));
  SHOW(dup2(0, 7));
  SHOW(fcntl(0, F_DUPFD, 8));
  struct rlimit l = {20, 10};
  SHOW(setrlimit(RLIMIT_NOFILE, &l));
  SHOW(setrlimit(77, &l));
}

static void locked(void) {
  limit(RLIMIT_MEMLOCK, 64 * 1024);
  char *p = map(1 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  SHOW(mlock(p, 32 * 1024));
  SHOW(mlock(p + 128 * 1024, 64 * 1024));
  SHOW(munlock(p, 16 * 1024));
  SHOW(mlock(p + 128 * 1024, 48 * 1024));
  unsigned char r[2];
  mincore(p + 16 * 1024, 8192, r);
  printf("present %d %d\n", r[0] & 1, r[1] & 1);
  SHOW(madvise(p + 16 * 1024, 4096, MADV_DONTNEED));
  SHOW(msync(p + 16 * 1024, 4096, MS_SYNC | MS_INVALIDATE));
  munmap(p + 16 * 1024, 16 * 1024);
  FITS(mmap(0, 16 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
  FITS(mmap(0, 16 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
  SHOW(mlockall(MCL_CURRENT));
  SHOW(mlockall(0));
  SHOW(mlockall(MCL_ONFAULT));
  SHOW(munlockall());
  SHOW(mlockall(MCL_FUTURE));
  FITS(map(128 * 1024, PROT_READ, MAP_PRIVATE));
  munlockall();
  limit(RLIMIT_MEMLOCK, 0);
  SHOW(mlock(p, 4096));
}

static void arguments(void) {
  static char huge[200000], large[100000];
  memset(huge, 'x', sizeof huge - 1);
  memset(large, 'y', sizeof large - 1);
  char *tooLong[] = {"x", huge, 0};
  SHOW(execv("/proc/self/exe", tooLong));
  char *tooMuch[40] = {"x"};
  for (int i = 1; i < 30; i++) tooMuch[i] = large;
  SHOW(execv("/proc/self/exe", tooMuch));
  limit(RLIMIT_STACK, 1 * MB);
  tooMuch[10] = 0;
  SHOW(execv("/proc/self/exe", tooMuch));
  char *none[] = {"x", 0};
  SHOW(execv("/missing", none));
  SHOW(execv("given", none));
  SHOW(execv("given/text", none));
  SHOW(execv("given/text/more", none));
  SHOW(execv("", none));
  SHOW(execve((char *)8, none, 0));
  SHOW(execve("/proc/self/exe", (char **)8, 0));
}

int main(int argc, char **argv) {
  inChild("address space", addressSpace);
  inChild("data", data);
  inChild("small stack", smallStack);
  inChild("large stack", largeStack);
  inChild("overcommit", overcommit);
  inChild("file size", fileSize);
  inChild("open files", openFiles);
  inChild("locked", locked);
  inChild("arguments", arguments);
  return 0;
}
