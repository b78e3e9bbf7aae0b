/* What every program of the benchmark shares: its size from the command line, and one line of output to compare. */
#ifndef BENCH_H
#define BENCH_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

/* The size that the program is asked to do; work grows in proportion to it. */
static inline long bench_size(int argc, char **argv) {
  long size = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
  if (size < 1) {
    fprintf(stderr, "usage: %s SIZE\n", argv[0]);
    exit(2);
  }
  return size;
}

static inline uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

/* xorshift64: the same sequence everywhere. */
static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

static inline int bench_result(uint64_t hash) {
  printf("%016" PRIx64 "\n", hash);
  return 0;
}

#endif
