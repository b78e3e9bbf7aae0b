/* What is written by force into pages that may not be written is of one side of a fork; so is what another process writes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static const char constant[] = "constant";

static char at(const char *p) { return *(const volatile char *)p; }

static char *map(int protection, int flags) {
  return mmap(0, PAGE, protection, MAP_ANONYMOUS | flags, -1, 0);
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  char *only = map(PROT_READ, MAP_PRIVATE), *none = map(PROT_NONE, MAP_PRIVATE), *fresh = map(PROT_READ, MAP_PRIVATE);
  char *both = map(PROT_READ | PROT_WRITE, MAP_PRIVATE), *shared = map(PROT_READ, MAP_SHARED);
  char *writable = map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
  int mem = open("/proc/self/mem", O_RDWR);
  pid_t parent = getpid();
  both[0] = 'b', writable[0] = 'w';
  pwrite(mem, "o", 1, (long)only);
  pwrite(mem, "n", 1, (long)none);
  for (int depth = 0; depth < 3; depth++) {
    pid_t child = fork();
    if (child == 0) {
      char c;
      int mine = open("/proc/self/mem", O_RDWR);
      pwrite(mine, "123", 3, (long)only + depth);
      pwrite(mine, "456", 3, (long)none + depth);
      pwrite(mine, "7", 1, (long)fresh);
      pwrite(mine, "8", 1, (long)both);
      pwrite(mine, "TEXT", 4, (long)constant);
      printf("refused: %zd\n", pwrite(mine, "x", 1, (long)shared));
      pread(mine, &c, 1, (long)none + depth);
      printf("child %d: %.3s %c %c %c %.8s\n", depth, only, c, fresh[0], both[0], constant);
      /* Into the memory of whoever waits. */
      char text[2] = {'A' + depth, 0};
      pwrite(mem, text, 1, (long)only);
      pwrite(mem, text, 1, (long)fresh + depth);
      pwrite(mem, text, 1, (long)both + 1);
      struct iovec here = {text, 1}, there = {writable, 1}, refused = {only, 1}, hidden = {none, 1};
      printf("%zd", process_vm_writev(parent, &here, 1, &there, 1, 0));
      printf(" %zd", process_vm_writev(parent, &here, 1, &refused, 1, 0));
      printf(" %zd", process_vm_readv(parent, &here, 1, &hidden, 1, 0));
      printf(" %zd %c\n", process_vm_readv(parent, &here, 1, &refused, 1, 0), text[0]);
      printf("child %d: %.3s %c %c\n", depth, only, both[1] ? both[1] : '-', writable[0]);
      mprotect(only, PAGE, PROT_READ | PROT_WRITE);
      only[2] = 'm';
      printf("child %d: %.3s\n", depth, only);
      _exit(depth);
    }
    wait(0);
    char c = 0;
    pread(mem, &c, 1, (long)none);
    printf("parent: %.3s %c %.3s %.2s %c %.8s\n", only, c, fresh, both, writable[0], constant);
  }
  mprotect(none, PAGE, PROT_READ);
  printf("%.3s\n", none);
  printf("%c%c\n", at(constant), at(only));
  return 0;
}
