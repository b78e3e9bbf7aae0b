/* What a process sees of its own pages in /proc/self/smaps and pagemap, before and after forks and writes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16

static char *area;
/* Prints what smaps says of the area, and for each of its pages whether it is absent, shared or exclusive. */
static void show(const char *who) {
  FILE *smaps = fopen("/proc/self/smaps", "r");
  char line[512];
  int inside = 0;
  printf("%s:", who);
  while (fgets(line, sizeof line, smaps)) {
    unsigned long start, end, size;
    char name[64];
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
      inside = start <= (unsigned long)area && (unsigned long)area < end;
      continue;
    }
    if (!inside || sscanf(line, "%63[^:]: %lu kB", name, &size) != 2 || strstr(name, "Hugetlb")) continue;
    if (!strcmp(name, "Rss") || !strcmp(name, "Pss") || !strncmp(name, "Shared_", 7) || !strncmp(name, "Private_", 8))
      printf(" %s %lu", name, size);
  }
  fclose(smaps);
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  uint64_t entries[PAGES];
  pread(pagemap, entries, sizeof entries, (uintptr_t)area / 4096 * 8);
  close(pagemap);
  printf(" ");
  for (int i = 0; i < PAGES; i++) printf("%c", !(entries[i] >> 63) ? '-' : entries[i] >> 56 & 1 ? 'x' : 's');
  printf("\n");
  fflush(stdout);
}

int main(void) {
  /* Guards on both sides, so that the area does not merge with its neighbours. */
  char *place = mmap(NULL, (PAGES + 2) * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  area = mmap(place + 4096, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  show("empty");
  for (int i = 0; i < 12; i++) area[i * 4096] = 1;
  show("written");
  if (fork() == 0) {
    show("child");
    for (int i = 0; i < 4; i++) area[i * 4096] = 2;
    area[12 * 4096] = 3;
    show("child, written");
    if (fork() == 0) {
      show("grandchild");
      area[0] = 5;
      show("grandchild, written");
      _exit(0);
    }
    wait(NULL);
    show("child, alone");
    _exit(0);
  }
  wait(NULL);
  show("parent");
  area[0] = 4;
  show("parent, written");
  return 0;
}
