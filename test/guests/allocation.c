// malloc, realloc, calloc and free under load: the break and large mappings.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 500
static unsigned char *slots[SLOTS];
static size_t sizes[SLOTS];

int main(void) {
  unsigned state = 12345, sum = 0;
  for (int round = 0; round < 20000; round++) {
    state = state * 1103515245 + 12345;
    int i = (state >> 8) % SLOTS;
    size_t size = (state >> 4) % ((state & 7) == 0 ? 300000 : 700);
    unsigned char tag = i;
    for (size_t k = 0; k < sizes[i]; k += 97)
      if (slots[i][k] != tag) return 1;
    if (state & 64) {
      slots[i] = realloc(slots[i], size + 1);
    } else {
      free(slots[i]);
      slots[i] = state & 32 ? calloc(1, size + 1) : malloc(size + 1);
    }
    memset(slots[i], tag, size);
    sizes[i] = size;
    sum = sum * 31 + size;
  }
  for (int i = 0; i < SLOTS; i++) free(slots[i]);
  printf("sum %u\n", sum);
  return 0;
}
