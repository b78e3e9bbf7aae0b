/* Strings: libc's string functions, tokenising, formatting, hashing and sorting of words. */
#include "bench.h"
#include <ctype.h>
#include <string.h>

#define WORDS 2000
#define BUCKETS 1024

static const char *const stems[] = {"page", "table", "frame", "fault", "fork", "copy", "write", "kernel",
                                    "trap", "space", "exec",  "wait",  "pipe", "map",  "virtual", "root"};

typedef struct entry {
  struct entry *next;
  char word[48];
  uint32_t count;
} entry;

static entry entries[WORDS], *buckets[BUCKETS];
static uint32_t used;
static const char *order[WORDS];
static char line[16384];

static uint32_t hash_of(const char *word) {
  uint32_t hash = 2166136261u;
  while (*word) hash = (hash ^ (uint8_t)*word++) * 16777619u;
  return hash;
}

static NOINLINE entry *look_up(const char *word) {
  entry **bucket = &buckets[hash_of(word) % BUCKETS];
  for (entry *e = *bucket; e; e = e->next)
    if (strcmp(e->word, word) == 0) return e;
  if (used == WORDS) return NULL;
  entry *fresh = &entries[used++];
  strcpy(fresh->word, word);
  fresh->count = 0;
  fresh->next = *bucket;
  return *bucket = fresh;
}

static NOINLINE size_t compose(uint64_t *random) {
  size_t length = 0;
  while (length < sizeof line - 64) {
    uint64_t r = next_random(random);
    length += (size_t)sprintf(line + length, "%s_%s%u%c", stems[r & 15], stems[r >> 4 & 15], (unsigned)(r >> 8 & 7),
                              r >> 12 & 3 ? ' ' : ',');
  }
  return length;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static NOINLINE uint64_t replaced(const char *from, const char *to) {
  static char copy[2 * sizeof line];
  char *out = copy;
  const char *at = line, *hit;
  while ((hit = strstr(at, from))) {
    memcpy(out, at, (size_t)(hit - at));
    out = stpcpy(out + (hit - at), to);
    at = hit + strlen(from);
  }
  strcpy(out, at);
  return strlen(copy) + (uint8_t)copy[strlen(copy) / 2];
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0, random = 0x9e3779b97f4a7c15u;
  for (long i = 0; i < size; i++) {
    size_t length = compose(&random);
    hash = mixed(hash, length + replaced("fault", "page-fault"));
    for (size_t j = 0; j < length; j++) line[j] = (char)(i & 1 ? toupper((unsigned char)line[j]) : line[j]);
    for (char *word = strtok(line, " ,"); word; word = strtok(NULL, " ,")) {
      entry *e = look_up(word);
      if (e) hash += ++e->count;
    }
    if (i % 4 == 0) {
      for (uint32_t j = 0; j < used; j++) order[j] = entries[(j * 7 + (uint32_t)i) % used].word;
      qsort(order, used, sizeof *order, by_text);
      hash = mixed(hash, hash_of(order[used / 2]));
    }
  }
  return bench_result(mixed(hash, used));
}
