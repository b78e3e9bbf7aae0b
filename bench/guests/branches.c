/* Branch-heavy: short blocks whose conditions depend on random values, so that no path repeats for long. */
#include "bench.h"

static uint64_t state = 0x2545f4914f6cdd1du;

static NOINLINE uint64_t collatz(uint64_t n) {
  uint64_t steps = 0;
  while (n != 1) {
    n = n & 1 ? 3 * n + 1 : n >> 1;
    steps++;
    if (steps > 1000) break;
  }
  return steps;
}

static NOINLINE uint64_t binary_gcd(uint64_t a, uint64_t b) {
  int shift = 0;
  while (((a | b) & 1) == 0) {
    a >>= 1;
    b >>= 1;
    shift++;
  }
  while (a != b) {
    if ((a & 1) == 0)
      a >>= 1;
    else if ((b & 1) == 0)
      b >>= 1;
    else if (a > b)
      a = (a - b) >> 1;
    else
      b = (b - a) >> 1;
    if (a == 0 || b == 0) return (a | b) << shift;
  }
  return a << shift;
}

#define SORTED 4096
static uint32_t sorted[SORTED];

static NOINLINE int search(uint32_t key) {
  int low = 0, high = SORTED;
  while (low < high) {
    int middle = (low + high) >> 1;
    if (sorted[middle] == key) return middle;
    if (sorted[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return ~low;
}

/* A robot that reads random commands. */
static NOINLINE int64_t wander(uint64_t commands) {
  int64_t x = 0, y = 0, heading = 0, fuel = 100;
  for (int i = 0; i < 21; i++, commands >>= 3) {
    switch (commands & 7) {
      case 0: heading = (heading + 1) & 3; break;
      case 1: heading = (heading + 3) & 3; break;
      case 2: fuel += x > y ? 5 : -3; break;
      case 3: if (fuel < 50) y = -y; else x = -x; break;
      case 4: if ((x ^ y) & 1) fuel--; break;
      default:
        if (fuel-- <= 0) return x * 1000 + y;
        if (heading == 0) x++;
        else if (heading == 1) y++;
        else if (heading == 2) x--;
        else y--;
    }
  }
  return x * 1000 + y * 10 + heading;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0;
  for (uint32_t i = 0; i < SORTED; i++) sorted[i] = i * 1048573u / 4096u * 4u + (i & 3);
  for (long i = 0; i < size; i++) {
    uint64_t random = next_random(&state);
    hash += collatz((random & 0xfffff) + 2);
    hash += binary_gcd((random >> 20 & 0xffffff) + 1, (random >> 40) + 1);
    hash += search((uint32_t)(random >> 11 & 0x3fffff));
    hash = mixed(hash, wander(random));
  }
  return bench_result(hash);
}
