/* Bytes and bits: LZ77 with hash chains, then an adaptive binary range coder; packed, unpacked and compared. */
#include "bench.h"
#include <string.h>

#define INPUT (64 * 1024)
#define WINDOW_BITS 15
#define WINDOW (1 << WINDOW_BITS)
#define HASHES 8192
#define MIN_MATCH 4
#define MAX_MATCH 131

static uint8_t input[INPUT + 16], packed[2 * INPUT], output[INPUT + 16];

/* ---- adaptive binary range coder: 12-bit probabilities that a bit is 0 ---- */

typedef struct {
  uint64_t low;
  uint32_t range, code;
  uint8_t *at;
  uint32_t pending;
  uint8_t carried;
} coder;

static void shift_low(coder *c) {
  if (c->low < 0xff000000u || c->low > 0xffffffffu) {
    uint8_t byte = c->carried, carry = (uint8_t)(c->low >> 32);
    do {
      *c->at++ = (uint8_t)(byte + carry);
      byte = 0xff;
    } while (--c->pending);
    c->carried = (uint8_t)(c->low >> 24);
  }
  c->pending++;
  c->low = (c->low & 0x00ffffff) << 8;
}

static void put_bit(coder *c, uint16_t *zero, int bit) {
  uint32_t bound = (c->range >> 12) * *zero;
  if (bit) {
    c->low += bound;
    c->range -= bound;
    *zero -= *zero >> 5;
  } else {
    c->range = bound;
    *zero += (4096 - *zero) >> 5;
  }
  while (c->range < 1u << 24) {
    c->range <<= 8;
    shift_low(c);
  }
}

static int get_bit(coder *c, uint16_t *zero) {
  uint32_t bound = (c->range >> 12) * *zero;
  int bit = c->code >= bound;
  if (bit) {
    c->code -= bound;
    c->range -= bound;
    *zero -= *zero >> 5;
  } else {
    c->range = bound;
    *zero += (4096 - *zero) >> 5;
  }
  while (c->range < 1u << 24) {
    c->range <<= 8;
    c->code = c->code << 8 | *c->at++;
  }
  return bit;
}

/* A value of `bits` bits, each coded in the context of those before it. */
static void put_bits(coder *c, uint16_t *tree, int bits, uint32_t value) {
  for (uint32_t node = 1; bits-- > 0;) {
    int bit = value >> bits & 1;
    put_bit(c, &tree[node], bit);
    node = node << 1 | bit;
  }
}

static uint32_t get_bits(coder *c, uint16_t *tree, int bits) {
  uint32_t node = 1;
  for (int i = 0; i < bits; i++) node = node << 1 | get_bit(c, &tree[node]);
  return node - (1u << bits);
}

static struct {
  uint16_t is_match[2], literal[256][256], length[128], distance[WINDOW];
} model;

static void reset_model(void) {
  uint16_t *probability = (uint16_t *)&model;
  for (size_t i = 0; i < sizeof model / sizeof *probability; i++) probability[i] = 2048;
}

/* ---- LZ77 ---- */

static int32_t head[HASHES], previous[INPUT];

static uint32_t hash_at(int32_t at) {
  uint32_t word;
  memcpy(&word, input + at, sizeof word);
  return word * 2654435761u >> 19;
}

static void remember(int32_t at) {
  uint32_t hash = hash_at(at);
  previous[at] = head[hash];
  head[hash] = at;
}

static NOINLINE int32_t longest_match(int32_t at, int32_t *distance) {
  int32_t best = 0, limit = INPUT - at < MAX_MATCH ? INPUT - at : MAX_MATCH;
  int32_t candidate = head[hash_at(at)];
  for (int tries = 0; tries < 16 && candidate >= 0 && at - candidate < WINDOW; tries++) {
    int32_t length = 0;
    while (length < limit && input[candidate + length] == input[at + length]) length++;
    if (length > best) {
      best = length;
      *distance = at - candidate;
    }
    candidate = previous[candidate];
  }
  return best;
}

static NOINLINE size_t pack(void) {
  coder c = {.range = 0xffffffffu, .at = packed, .pending = 1};
  reset_model();
  for (int i = 0; i < HASHES; i++) head[i] = -1;
  int after_match = 0;
  for (int32_t at = 0; at < INPUT;) {
    int32_t distance = 0, length = longest_match(at, &distance);
    int match = length >= MIN_MATCH;
    put_bit(&c, &model.is_match[after_match], match);
    if (match) {
      put_bits(&c, model.length, 7, (uint32_t)(length - MIN_MATCH));
      put_bits(&c, model.distance, WINDOW_BITS, (uint32_t)distance);
    } else {
      put_bits(&c, model.literal[at > 0 ? input[at - 1] : 0], 8, input[at]);
      length = 1;
    }
    while (length-- > 0) remember(at++);
    after_match = match;
  }
  for (int i = 0; i < 5; i++) shift_low(&c);
  return (size_t)(c.at - packed);
}

static NOINLINE void unpack(void) {
  coder c = {.range = 0xffffffffu, .at = packed};
  for (int i = 0; i < 5; i++) c.code = c.code << 8 | *c.at++;
  reset_model();
  int after_match = 0;
  for (int32_t at = 0; at < INPUT;) {
    after_match = get_bit(&c, &model.is_match[after_match]);
    if (after_match) {
      int32_t length = (int32_t)get_bits(&c, model.length, 7) + MIN_MATCH;
      int32_t distance = (int32_t)get_bits(&c, model.distance, WINDOW_BITS);
      for (; length > 0; length--, at++) output[at] = output[at - distance];
    } else {
      output[at] = (uint8_t)get_bits(&c, model.literal[at > 0 ? output[at - 1] : 0], 8);
      at++;
    }
  }
}

/* Text-like: words from a small dictionary, now and then something new. */
static void write_input(uint64_t *random) {
  for (int at = 0; at < INPUT;) {
    uint64_t r = next_random(random);
    if (at > 512 && r % 8 < 6) {
      int distance = 1 + (int)(r >> 8 & 511), length = 3 + (int)(r >> 20 & 15);
      for (; length > 0 && at < INPUT; length--, at++) input[at] = input[at - distance];
    } else
      input[at++] = (uint8_t)('a' + (r >> 32) % 26);
  }
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0, random = 0x106689d45497fdb5u;
  for (long i = 0; i < size; i++) {
    write_input(&random);
    size_t bytes = pack();
    unpack();
    if (memcmp(input, output, INPUT) != 0) {
      puts("unpacked bytes differ");
      return 1;
    }
    hash = mixed(hash, bytes);
  }
  return bench_result(hash);
}
