/* What a process sees of its own pages in /proc/self/smaps and pagemap, before and after forks and writes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 16

struct area {
  const char *name;
  volatile char *start;
};

static struct area anonymous = {"anonymous"}, file = {"file"}, shared = {"shared"};

/* Guards on both sides, so that an area does not merge with its neighbours. */
static void map(struct area *area, int protection, int flags, int fd) {
  char *place = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  area->start = mmap(place + PAGE, PAGES * PAGE, protection, flags | MAP_FIXED, fd, 0);
}

/* Prints what smaps says of an area, and for each of its pages whether it is absent, shared or exclusive, and of a file. */
static void show_area(const struct area *area) {
  FILE *smaps = fopen("/proc/self/smaps", "r");
  char line[512];
  int inside = 0;
  printf("  %s:", area->name);
  while (fgets(line, sizeof line, smaps)) {
    unsigned long start, end, size;
    char name[64];
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
      inside = start <= (unsigned long)area->start && (unsigned long)area->start < end;
      continue;
    }
    if (!inside || sscanf(line, "%63[^:]: %lu kB", name, &size) != 2 || strstr(name, "Hugetlb")) continue;
    if (!strcmp(name, "Rss") || !strcmp(name, "Pss") || !strncmp(name, "Shared_", 7) || !strncmp(name, "Private_", 8) ||
        !strcmp(name, "Anonymous"))
      printf(" %s %lu", name, size);
  }
  fclose(smaps);
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  uint64_t entries[PAGES];
  pread(pagemap, entries, sizeof entries, (uintptr_t)area->start / PAGE * 8);
  close(pagemap);
  printf(" ");
  for (int i = 0; i < PAGES; i++) {
    char letter = entries[i] >> 56 & 1 ? 'x' : 's';
    printf("%c", !(entries[i] >> 63) ? '-' : entries[i] >> 61 & 1 ? letter - 'a' + 'A' : letter);
  }
  printf("\n");
}

/* After every page of files is there: Linux leaves those that a fork can bring in again to the child's first access. */
static void show(const char *who) {
  for (int i = 0; i < PAGES; i++) (void)file.start[i * PAGE], (void)shared.start[i * PAGE];
  printf("%s\n", who);
  show_area(&anonymous);
  show_area(&file);
  show_area(&shared);
  fflush(stdout);
}

int main(int argc, char **argv) {
  int fd = open(argv[1], O_RDONLY);
  fsync(fd); /* what is on its way to a disk counts as dirty */
  map(&anonymous, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  map(&file, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
  map(&shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  for (int i = 0; i < PAGES; i++) shared.start[i * PAGE] = 1;
  show("empty");
  for (int i = 0; i < 12; i++) anonymous.start[i * PAGE] = 1;
  file.start[0] = 1;
  show("written");
  if (fork() == 0) {
    show("child");
    for (int i = 0; i < 4; i++) anonymous.start[i * PAGE] = 2;
    anonymous.start[12 * PAGE] = 3;
    for (int i = 0; i < 3; i++) file.start[i * PAGE] = 2;
    shared.start[0] = 2;
    show("child, written");
    if (fork() == 0) {
      show("grandchild");
      anonymous.start[0] = 5;
      file.start[2 * PAGE] = 5;
      file.start[15 * PAGE] = 5;
      show("grandchild, written");
      _exit(0);
    }
    wait(NULL);
    show("child, alone");
    _exit(0);
  }
  wait(NULL);
  show("parent");
  anonymous.start[0] = 4;
  file.start[1 * PAGE] = 4;
  show("parent, written");
  return 0;
}
