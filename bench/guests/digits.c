/* Multiplication and division: factorials and powers as big numbers, modular exponentiation and prime tests. */
#include "bench.h"

#define LIMBS 512

/* Little-endian 64-bit limbs. */
typedef struct {
  uint64_t limb[LIMBS];
  int used;
} number;

static NOINLINE void multiply_small(number *n, uint64_t factor) {
  uint64_t carry = 0;
  for (int i = 0; i < n->used; i++) {
    unsigned __int128 product = (unsigned __int128)n->limb[i] * factor + carry;
    n->limb[i] = (uint64_t)product;
    carry = (uint64_t)(product >> 64);
  }
  if (carry && n->used < LIMBS) n->limb[n->used++] = carry;
}

/* Division by a 32-bit number, half a limb at a time. @returns the remainder */
static NOINLINE uint32_t divide_small(number *n, uint32_t divisor) {
  uint64_t remainder = 0;
  for (int i = n->used - 1; i >= 0; i--) {
    uint64_t high = remainder << 32 | n->limb[i] >> 32;
    uint64_t low = (high % divisor) << 32 | (n->limb[i] & 0xffffffffu);
    n->limb[i] = (high / divisor) << 32 | low / divisor;
    remainder = low % divisor;
  }
  while (n->used > 0 && n->limb[n->used - 1] == 0) n->used--;
  return (uint32_t)remainder;
}

static NOINLINE void square(const number *n, number *result) {
  for (int i = 0; i < 2 * n->used; i++) result->limb[i] = 0;
  for (int i = 0; i < n->used; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < n->used; j++) {
      unsigned __int128 sum = (unsigned __int128)n->limb[i] * n->limb[j] + result->limb[i + j] + carry;
      result->limb[i + j] = (uint64_t)sum;
      carry = (uint64_t)(sum >> 64);
    }
    result->limb[i + n->used] = carry;
  }
  result->used = 2 * n->used;
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (base %= modulus; exponent; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

/* Miller-Rabin, right for all n < 2^32 with these witnesses. */
static NOINLINE int is_prime(uint64_t n) {
  static const uint64_t witnesses[] = {2, 7, 61};
  uint64_t odd = n - 1;
  int twos = 0;
  for (; odd % 2 == 0; odd /= 2) twos++;
  for (int i = 0; i < 3; i++) {
    if (n == witnesses[i]) return 1;
    uint64_t x = power_modulo(witnesses[i], odd, n);
    if (x == 1 || x == n - 1) continue;
    int square_left = twos;
    while (--square_left > 0 && x != n - 1) x = x * x % n;
    if (x != n - 1) return 0;
  }
  return 1;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  static number n, squared;
  uint64_t hash = 0, random = 0xda942042e4dd58b5u;
  for (long i = 0; i < size; i++) {
    n = (number){.limb = {1}, .used = 1};
    for (uint64_t factor = 2; factor < 200 + (uint64_t)i % 50; factor++) multiply_small(&n, factor);
    square(&n, &squared);
    while (squared.used > 20) hash = mixed(hash, divide_small(&squared, 1000000007));
    for (int j = 0; j < 50; j++) hash += (uint64_t)is_prime((next_random(&random) & 0x7fffffff) | 1);
  }
  return bench_result(hash);
}
