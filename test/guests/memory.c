// mmap, munmap, mprotect, mremap, madvise, mincore, brk; file mappings, private and shared.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
static sigjmp_buf back;

static void on_fault(int signal, siginfo_t *info, void *context) { siglongjmp(back, signal * 10 + info->si_code); }

static int try(volatile char *at, int store) {
  int fault = sigsetjmp(back, 1);
  if (fault) return fault;
  if (store) *at = 1;
  else (void)*at;
  return 0;
}

int main(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
  action.sa_sigaction = on_fault;
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);

  char *area = mmap(0, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 16; i++) area[i * PAGE] = i + 1;
  munmap(area + 4 * PAGE, PAGE);
  printf("hole %d neighbours %d %d\n", try(area + 4 * PAGE, 0), area[3 * PAGE], area[5 * PAGE]);
  mprotect(area + 8 * PAGE, 2 * PAGE, PROT_READ);
  printf("read-only: load %d store %d\n", try(area + 8 * PAGE, 0), try(area + 9 * PAGE, 1));
  mprotect(area + 8 * PAGE, 2 * PAGE, PROT_NONE);
  printf("none: %d\n", try(area + 8 * PAGE, 0));
  mprotect(area + 8 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE);
  printf("again: %d value %d\n", try(area + 8 * PAGE + 1, 1), area[8 * PAGE]);
  printf("mprotect over a hole: %d\n", mprotect(area, 16 * PAGE, PROT_READ) < 0 && errno == ENOMEM);
  mprotect(area, 4 * PAGE, PROT_READ | PROT_WRITE);
  madvise(area, PAGE, MADV_DONTNEED);
  printf("dropped %d kept %d\n", area[0], area[PAGE]);

  char *grown = mremap(area + 10 * PAGE, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("moved %d: %d %d %d\n", grown != area + 10 * PAGE, grown[0], grown[PAGE], grown[63 * PAGE]);
  printf("old place: %d\n", try(area + 10 * PAGE, 0));
  char *shrunk = mremap(grown, 64 * PAGE, PAGE, 0);
  printf("shrunk in place %d: %d\n", shrunk == grown, try(grown + PAGE, 0));
  char *fixed = mmap(0, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *there = mremap(shrunk, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, fixed + 2 * PAGE);
  printf("fixed %d: %d\n", there == fixed + 2 * PAGE, there[0]);
  unsigned char resident[8];
  mincore(there, 2 * PAGE, resident);
  printf("resident %d %d\n", resident[0] & 1, resident[1] & 1);

  int fd = open("memory.tmp", O_RDWR | O_CREAT | O_TRUNC, 0644);
  for (int i = 0; i < 3 * PAGE; i++) write(fd, &(char){'a' + i / PAGE}, 1);
  ftruncate(fd, 2 * PAGE + 10);
  char *private = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *shared = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  printf("file %c %c %c tail %d past %d\n", private[0], private[PAGE], private[2 * PAGE + 9], private[2 * PAGE + 10], try(private + 3 * PAGE, 0));
  private[0] = 'P';
  shared[PAGE] = 'S';
  char byte[3] = {0};
  pread(fd, byte, 1, 0);
  pread(fd, byte + 1, 1, PAGE);
  printf("file has %s, private sees %c, shared sees %c\n", byte, private[PAGE], shared[0]);
  pwrite(fd, "W", 1, 2 * PAGE);
  printf("write seen by shared %c private %c\n", shared[2 * PAGE], private[2 * PAGE]);
  if (fork() == 0) {
    shared[1] = 'C';
    private[1] = 'C';
    _exit(0);
  }
  wait(0);
  printf("child wrote shared %c private %c\n", shared[1], private[1]);
  close(fd);
  printf("after close %c\n", shared[PAGE]);
  munmap(shared, 4 * PAGE);
  fd = open("memory.tmp", O_RDONLY);
  pread(fd, byte, 2, 0);
  printf("kept %.2s; shared store mapping of a read-only file: %d\n", byte, mmap(0, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
  unlink("memory.tmp");

  char *start = sbrk(0);
  sbrk(10 * PAGE);
  start[9 * PAGE] = 3;
  printf("brk grew %ld\n", (char *)sbrk(0) - start);
  printf("too much: %d\n", mmap(0, 1UL << 56, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
  printf("invalid: %d %d\n", mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL,
         munmap(start + 1, PAGE) < 0 && errno == EINVAL);
  return 0;
}
