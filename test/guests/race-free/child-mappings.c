/* A child unmaps, protects, moves and grows; none of it is seen by the parent. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

int main(void) {
  char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 8; i++) memset(area + i * PAGE, 'a' + i, PAGE);
  mprotect(area + 7 * PAGE, PAGE, PROT_READ);
  pid_t child = fork();
  if (child == 0) {
    munmap(area, PAGE);
    mprotect(area + PAGE, PAGE, PROT_READ);
    mprotect(area + 7 * PAGE, PAGE, PROT_READ | PROT_WRITE);
    area[7 * PAGE] = 'X';
    char *moved = mremap(area + 2 * PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    moved[0] = 'Y';
    moved[2 * PAGE] = 'Z';
    madvise(area + 3 * PAGE, PAGE, MADV_DONTNEED);
    mmap(area + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    area[4 * PAGE + 1] = 'W';
    printf("child: %c %c%c %d %d%c %c\n", area[PAGE], moved[0], moved[2 * PAGE], area[3 * PAGE], area[4 * PAGE],
           area[4 * PAGE + 1], area[7 * PAGE]);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  printf("parent:");
  for (int i = 0; i < 8; i++) printf(" %c%c", area[i * PAGE], area[i * PAGE + PAGE - 1]);
  area[0] = area[PAGE] = area[2 * PAGE] = '!';
  printf(" %c%c%c\n", area[0], area[PAGE], area[2 * PAGE]);
  return 0;
}
