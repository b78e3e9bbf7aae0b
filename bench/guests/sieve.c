/* Memory traffic: a byte sieve, quicksort, radix sort and scattered updates over some megabytes. */
#include "bench.h"

#define SIEVE_BYTES (8u << 20)
#define KEYS (1u << 20)

static uint8_t composite[SIEVE_BYTES];
static uint32_t keys[KEYS], sorted[KEYS];
static uint64_t histogram[KEYS];

static NOINLINE uint32_t count_primes(uint32_t limit) {
  for (uint32_t i = 0; i < limit; i++) composite[i] = 0;
  uint32_t primes = 0;
  for (uint32_t i = 2; i < limit; i++) {
    if (composite[i]) continue;
    primes++;
    for (uint64_t j = (uint64_t)i * i; j < limit; j += i) composite[j] = 1;
  }
  return primes;
}

static NOINLINE void quicksort(uint32_t *a, int64_t low, int64_t high) {
  while (low < high) {
    uint32_t pivot = a[(low + high) >> 1];
    int64_t i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint32_t swapped = a[i];
        a[i++] = a[j];
        a[j--] = swapped;
      }
    }
    if (j - low < high - i) {
      quicksort(a, low, j);
      low = i;
    } else {
      quicksort(a, i, high);
      high = j;
    }
  }
}

/* Four passes of a byte each: the result is in `from` again. */
static NOINLINE void radix_sort(uint32_t *from, uint32_t *to, uint32_t n) {
  for (int shift = 0; shift < 32; shift += 8) {
    uint32_t start[256] = {0}, sum = 0;
    for (uint32_t i = 0; i < n; i++) start[from[i] >> shift & 255]++;
    for (int i = 0; i < 256; i++) {
      uint32_t count = start[i];
      start[i] = sum;
      sum += count;
    }
    for (uint32_t i = 0; i < n; i++) to[start[from[i] >> shift & 255]++] = from[i];
    uint32_t *swapped = from;
    from = to;
    to = swapped;
  }
}

static NOINLINE uint64_t sampled(uint64_t hash, const uint32_t *a, uint32_t n) {
  for (uint32_t i = 0; i < n; i += 61) hash = mixed(hash, a[i]);
  return hash;
}

static NOINLINE void scatter(uint64_t *random, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) histogram[next_random(random) & (n - 1)] += i;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0, random = 88172645463325252u;
  /* A round of size 16 uses all the memory; smaller ones a part of it. */
  for (long left = size; left > 0; left -= 16) {
    uint32_t part = left < 16 ? (uint32_t)left : 16;
    uint32_t n = KEYS / 16;
    while (n * 2 <= KEYS / 16 * part) n *= 2;
    hash = mixed(hash, count_primes(SIEVE_BYTES / 16 * part));
    for (uint32_t i = 0; i < n; i++) keys[i] = (uint32_t)next_random(&random);
    quicksort(keys, 0, n - 1);
    hash = sampled(hash, keys, n);
    for (uint32_t i = 0; i < n; i++) keys[i] = (uint32_t)next_random(&random);
    radix_sort(keys, sorted, n);
    hash = sampled(hash, keys, n);
    scatter(&random, n);
    for (uint32_t i = 0; i < n; i++) hash ^= histogram[i] * (i | 1);
  }
  return bench_result(hash);
}
