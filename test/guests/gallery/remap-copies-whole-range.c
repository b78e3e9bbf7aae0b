/* Moves three pages to a larger place. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void) {
  char *old = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 3; i++) memset(old + i * 4096, 'a' + i, 4096);
  char *place = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *moved = mremap(old, 3 * 4096, 3 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  printf("%c%c%c\n", moved[0], moved[4096], moved[2 * 4096]);
  return 0;
}
