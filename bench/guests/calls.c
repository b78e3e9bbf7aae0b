/* Call-heavy: recursion with little work in each call, direct and through pointers. */
#include "bench.h"

static NOINLINE uint64_t fibonacci(uint64_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static NOINLINE int64_t takeuchi(int64_t x, int64_t y, int64_t z) {
  return y >= x ? z : takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

static NOINLINE uint64_t ackermann(uint64_t m, uint64_t n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static NOINLINE int queens(unsigned n, unsigned row, unsigned columns, unsigned left, unsigned right) {
  if (row == n) return 1;
  int solutions = 0;
  for (unsigned free = ~(columns | left | right) & ((1u << n) - 1); free != 0; free &= free - 1) {
    unsigned bit = free & -free;
    solutions += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return solutions;
}

typedef int64_t (*operation)(int64_t, int64_t);
static NOINLINE int64_t add(int64_t a, int64_t b) { return a + b; }
static NOINLINE int64_t subtract(int64_t a, int64_t b) { return a - b; }
static NOINLINE int64_t combine(int64_t a, int64_t b) { return (a ^ b) * 3; }
static NOINLINE int64_t rotate(int64_t a, int64_t b) { return (int64_t)((uint64_t)a << 7 | (uint64_t)a >> 57) + b; }
static operation const operations[4] = {add, subtract, combine, rotate};

static NOINLINE int64_t apply(int64_t steps) {
  int64_t value = 1;
  for (int64_t i = 0; i < steps; i++) value = operations[(i ^ value >> 5) & 3](value, i);
  return value;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0;
  for (long i = 0; i < size; i++) {
    hash = mixed(hash, fibonacci(24 + i % 3));
    hash = mixed(hash, takeuchi(14, 9 + i % 2, 4));
    hash = mixed(hash, ackermann(2, 200 + i % 7));
    hash = mixed(hash, queens(8, 0, 0, 0, 0));
    hash = mixed(hash, apply(100000));
  }
  return bench_result(hash);
}
