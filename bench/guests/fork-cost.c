/*
 * What page faults and forks cost, for a process with PAGES touched pages.
 *
 * The program only marks moments, each with a letter, and leaves the arithmetic to whoever reads them:
 *   wall  it reads the clock itself, and prints "letter nanoseconds" lines at its end;
 *   cpu   the same, with the processor time of the process and of the children that it has waited for;
 *   host  it writes the letter to standard output at the moment: the machine that runs it looks at its own clock.
 *
 *   0 0 0 ...     what a mark itself costs
 *   d e w         touch all pages of a fresh mapping (d-e), and again (e-w)
 *   a b c         fork (a-b, in the parent), the child exits at once, it has been waited for (c)
 *   p q k r       fork again without a write in between (p-q in the parent, p-k in the child), which exits; waited for (r)
 *   f j g h i     fork (f-j in the parent, f-g in the child); the child writes WRITES pages (g-h), and again (h-i)
 *   G H I         the same writes of a child, in a process of WRITES pages, while ALIVE other processes sleep
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

static struct {
  uint32_t used;
  struct {
    uint64_t nanoseconds;
    char letter;
  } mark[65536];
} *marks; /* shared: children mark as well. NULL: the host looks at its clock */

static int by_processor_time;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(by_processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  uint64_t nanoseconds = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
  if (!by_processor_time) return nanoseconds;
  struct rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  uint64_t seconds = (uint64_t)(children.ru_utime.tv_sec + children.ru_stime.tv_sec);
  uint64_t microseconds = (uint64_t)(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
  return nanoseconds + (seconds * 1000000u + microseconds) * 1000u;
}

static void mark(char letter) {
  if (!marks) {
    if (write(1, &letter, 1) != 1) _exit(1);
    return;
  }
  uint32_t place = __atomic_fetch_add(&marks->used, 1, __ATOMIC_SEQ_CST);
  if (place >= sizeof marks->mark / sizeof *marks->mark) _exit(1);
  marks->mark[place].letter = letter;
  marks->mark[place].nanoseconds = now();
}

static volatile uint8_t *map_pages(size_t pages) {
  void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
  return memory;
}

static void touch(volatile uint8_t *memory, size_t pages, size_t stride) {
  for (size_t i = 0; i < pages; i++) memory[i * stride * PAGE]++;
}

static pid_t forked(void) {
  pid_t child = fork();
  if (child < 0) {
    perror("fork");
    exit(3);
  }
  return child;
}

static void reap(pid_t child) {
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) exit(1);
}

static void measure_among(size_t alive, size_t pages, size_t rounds) {
  pid_t sleeper[alive];
  for (size_t i = 0; i < alive; i++) {
    sleeper[i] = forked();
    if (sleeper[i] == 0)
      for (;;) pause();
  }
  volatile uint8_t *memory = map_pages(pages);
  for (size_t i = 0; i < rounds; i++) {
    touch(memory, pages, 1);
    pid_t child = forked();
    if (child == 0) {
      mark('G');
      touch(memory, pages, 1);
      mark('H');
      touch(memory, pages, 1);
      mark('I');
      _exit(0);
    }
    reap(child);
  }
  for (size_t i = 0; i < alive; i++) {
    kill(sleeper[i], SIGKILL);
    waitpid(sleeper[i], NULL, 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: %s PAGES ROUNDS WRITES ALIVE wall|cpu|host\n", argv[0]);
    return 2;
  }
  size_t pages = strtoul(argv[1], NULL, 10), rounds = strtoul(argv[2], NULL, 10), writes = strtoul(argv[3], NULL, 10);
  size_t alive = strtoul(argv[4], NULL, 10);
  by_processor_time = strcmp(argv[5], "cpu") == 0;
  if (strcmp(argv[5], "host") != 0) {
    marks = mmap(NULL, sizeof *marks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (marks == MAP_FAILED) return 1;
    memset(marks, 0, sizeof *marks); /* its page faults happen now */
  }
  for (int i = 0; i < 200; i++) mark('0');
  for (size_t i = 0; i < rounds; i++) {
    volatile uint8_t *memory = map_pages(pages);
    mark('d');
    touch(memory, pages, 1);
    mark('e');
    touch(memory, pages, 1);
    mark('w');
    munmap((void *)memory, pages * PAGE);
  }
  volatile uint8_t *memory = map_pages(pages);
  touch(memory, pages, 1);
  for (size_t i = 0; i < rounds; i++) {
    mark('a');
    pid_t child = forked();
    if (child == 0) _exit(0);
    mark('b');
    reap(child);
    mark('c');
    touch(memory, pages, 1); /* every page is the parent's own, and written, before the next fork */
  }
  for (size_t i = 0; i < 2 * rounds; i++) {
    mark('p');
    pid_t child = forked();
    if (child == 0) {
      mark('k');
      _exit(0);
    }
    mark('q');
    reap(child);
    mark('r');
  }
  for (size_t i = 0; i < rounds; i++) {
    touch(memory, pages, 1);
    mark('f');
    pid_t child = forked();
    if (child == 0) {
      mark('g');
      touch(memory, writes, pages / writes);
      mark('h');
      touch(memory, writes, pages / writes);
      mark('i');
      _exit(0);
    }
    mark('j');
    reap(child);
  }
  munmap((void *)memory, pages * PAGE);
  if (alive) measure_among(alive, writes, rounds);
  if (marks)
    for (uint32_t i = 0; i < marks->used; i++)
      printf("%c %llu\n", marks->mark[i].letter, (unsigned long long)marks->mark[i].nanoseconds);
  return 0;
}
