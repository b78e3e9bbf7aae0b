/* Sorts 64 MB of numbers in a file that is mapped shared, through scratch memory that is mapped too. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT (8u << 20)
#define SIZE (COUNT * sizeof(uint64_t))

int main(void) {
  int fd = open("numbers.bin", O_RDWR | O_CREAT | O_TRUNC, 0600);
  ftruncate(fd, SIZE);
  uint64_t *a = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  uint64_t *b = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), state = 1, sum = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sum += a[i] = state >> 16;
  }
  static uint32_t start[65536];
  for (int shift = 0; shift < 48; shift += 16) {
    memset(start, 0, sizeof start);
    for (uint32_t i = 0; i < COUNT; i++) start[a[i] >> shift & 0xffff]++;
    for (uint32_t i = 0, at = 0; i < 65536; i++) {
      uint32_t count = start[i];
      start[i] = at;
      at += count;
    }
    for (uint32_t i = 0; i < COUNT; i++) b[start[a[i] >> shift & 0xffff]++] = a[i];
    memcpy(a, b, SIZE);
  }
  munmap(b, SIZE);
  munmap(a, SIZE);
  static uint64_t page[8192];
  uint64_t last = 0, seen = 0, disorder = 0;
  for (ssize_t got; (got = read(fd, page, sizeof page)) > 0;)
    for (int i = 0; i < got / 8; i++) {
      disorder += page[i] < last;
      seen += last = page[i];
    }
  printf("%d out of order, same sum: %d, last %lu\n", (int)disorder, seen == sum, last);
  unlink("numbers.bin");
  return 0;
}
