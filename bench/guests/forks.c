/* Processes: children that share 2 MiB, write to some of it, and send their result through a pipe. */
#include "bench.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 512
#define WORDS_PER_PAGE (4096 / sizeof(uint64_t))
#define CHILDREN 4

static uint64_t child_work(volatile uint64_t *memory, uint64_t seed) {
  uint64_t sum = 0;
  for (int i = 0; i < 64; i++) {
    volatile uint64_t *page = memory + (seed * 31 + (uint64_t)i * 8) % PAGES * WORDS_PER_PAGE;
    *page += seed;
    sum = mixed(sum, *page);
  }
  return sum;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  volatile uint64_t *memory =
      mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise((void *)memory, PAGES * 4096, MADV_NOHUGEPAGE);
  for (size_t i = 0; i < PAGES; i++) memory[i * WORDS_PER_PAGE] = i;
  uint64_t hash = 0;
  for (long round = 0; round < size; round++) {
    /* One pipe each: the sum does not depend on who is first. */
    int pipes[CHILDREN][2];
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
      if (pipe(pipes[i]) != 0 || (children[i] = fork()) < 0) return 1;
      if (children[i] == 0) {
        uint64_t result = child_work(memory, (uint64_t)(round * CHILDREN + i));
        _exit(write(pipes[i][1], &result, sizeof result) == sizeof result ? 0 : 1);
      }
    }
    for (int i = 0; i < CHILDREN; i++) {
      uint64_t result = 0;
      int status;
      if (read(pipes[i][0], &result, sizeof result) != sizeof result) return 1;
      if (waitpid(children[i], &status, 0) != children[i] || status != 0) return 1;
      close(pipes[i][0]);
      close(pipes[i][1]);
      hash = mixed(hash, result);
    }
    memory[(size_t)round % PAGES * WORDS_PER_PAGE] += hash & 15;
  }
  return bench_result(hash);
}
