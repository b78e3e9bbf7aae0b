/* Page faults: memory that is mapped, touched once, protected, dropped and unmapped again. */
#include "bench.h"
#include <sys/mman.h>

#define PAGES 1024
#define BYTES (PAGES * 4096)

static NOINLINE uint64_t touch(volatile uint8_t *memory, uint64_t seed) {
  uint64_t sum = 0;
  for (int i = 0; i < PAGES; i++) {
    memory[(size_t)i * 4096 + seed % 4096] = (uint8_t)(seed + (uint64_t)i);
    sum += memory[(size_t)i * 4096];
  }
  return sum;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0;
  for (long i = 0; i < size; i++) {
    uint8_t *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    madvise(memory, BYTES, MADV_NOHUGEPAGE);
    hash = mixed(hash, touch(memory, (uint64_t)i));
    if (mprotect(memory, BYTES / 2, PROT_READ) != 0 || mprotect(memory, BYTES / 2, PROT_READ | PROT_WRITE) != 0)
      return 1;
    if (madvise(memory + BYTES / 2, BYTES / 4, MADV_DONTNEED) != 0) return 1;
    hash = mixed(hash, touch(memory, (uint64_t)i + 7));
    if (munmap(memory, BYTES) != 0) return 1;
  }
  return bench_result(hash);
}
