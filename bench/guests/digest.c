/* Arithmetic in registers: SHA-256 and ChaCha20, long runs of shifts, rotations and additions with few branches. */
#include "bench.h"
#include <string.h>

static uint32_t right(uint32_t x, int n) { return x >> n | x << (32 - n); }
static uint32_t left(uint32_t x, int n) { return x << n | x >> (32 - n); }

static uint32_t constants[64];

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes, by integer bisection. */
static void derive_constants(void) {
  int found = 0;
  for (uint64_t candidate = 2; found < 64; candidate++) {
    int prime = 1;
    for (uint64_t d = 2; d * d <= candidate; d++) prime &= candidate % d != 0;
    if (!prime) continue;
    uint64_t low = 0, high = (uint64_t)8 << 32;
    while (high - low > 1) {
      uint64_t middle = low + (high - low) / 2;
      unsigned __int128 square = (unsigned __int128)middle * middle;
      /* middle^3 <= candidate * 2^96, without a product of more than 128 bits */
      unsigned __int128 limit = ((unsigned __int128)candidate << 96) / middle;
      if (square <= limit)
        low = middle;
      else
        high = middle;
    }
    constants[found++] = (uint32_t)low;
  }
}

static NOINLINE void compress(uint32_t hash[8], const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + (right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
           (right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(s, hash, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                  constants[i] + w[i];
    uint32_t t2 = (right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22)) +
                  ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) hash[i] += s[i];
}

#define QUARTER(a, b, c, d)                                                                                            \
  (a += b, d = left(d ^ a, 16), c += d, b = left(b ^ c, 12), a += b, d = left(d ^ a, 8), c += d, b = left(b ^ c, 7))

static NOINLINE void chacha20(uint32_t out[16], const uint32_t in[16]) {
  uint32_t x[16];
  memcpy(x, in, sizeof x);
  for (int i = 0; i < 10; i++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) out[i] = x[i] + in[i];
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint32_t key[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  static uint32_t stream[1024];
  derive_constants();
  for (long i = 0; i < size; i++) {
    for (int j = 0; j < 1024; j += 16) {
      key[12]++;
      chacha20(stream + j, key);
    }
    for (int j = 0; j < 4096; j += 64) compress(hash, (const uint8_t *)stream + j);
    memcpy(key + 4, hash, sizeof hash);
  }
  uint64_t result = 0;
  for (int i = 0; i < 8; i++) result = mixed(result, hash[i]);
  return bench_result(result);
}
