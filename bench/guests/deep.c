/*
 * Deep recursion, many mappings and a line that is passed often, for a debugger to look at.
 * Arguments: DEPTH MAPPINGS PASSES.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096

static volatile long passed;

static long pass(long passes) {
  for (long i = 0; i < passes; i++) {
    passed += i; /* passed often */
  }
  return passed;
}

static long descend(long depth, long passes) {
  long local = depth;
  if (depth == 0) return pass(passes) + local; /* stop here */
  return descend(depth - 1, passes) + local;
}

int main(int argc, char **argv) {
  long depth = argc > 1 ? atol(argv[1]) : 10;
  long mappings = argc > 2 ? atol(argv[2]) : 10;
  long passes = argc > 3 ? atol(argv[3]) : 10;
  struct rlimit limit = {512L << 20, 512L << 20};
  /* The limit of the stack is looked at when a program is started. */
  if (argc < 5) {
    if (setrlimit(RLIMIT_STACK, &limit)) return 1;
    execl("/proc/self/exe", argv[0], argv[1], argv[2], argv[3], "again", (char *)NULL);
    return 2;
  }
  char *memory = mmap(NULL, mappings * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 3;
  for (long page = 0; page < mappings; page += 2)
    if (mprotect(memory + page * PAGE, PAGE, PROT_READ)) return 4;
  return descend(depth, passes) == 42;
}
