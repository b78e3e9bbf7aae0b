/* A page is made read-only and writable again, as a garbage collector or a debugger does, and then written. */
#include <stdio.h>
#include <sys/mman.h>

int main(void) {
  volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 'a';
  mprotect((void *)page, 4096, PROT_READ);
  mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
  page[0] = 'b';
  printf("%c\n", page[0]);
  return 0;
}
