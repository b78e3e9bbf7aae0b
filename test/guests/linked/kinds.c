// Whatever it is linked as, its relocations are done and the auxiliary vector says where it is.
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern void _start(void);
static int value = 5;
static int *pointers[] = {&value, &value};
static __thread int own = 7;

__attribute__((constructor)) static void construct(void) { value++; }

int main(int argc, char **argv) {
  unsigned long main_at = (unsigned long)main, entry = getauxval(AT_ENTRY), headers = getauxval(AT_PHDR);
  printf("above 4 GiB: %d\n", main_at >> 32 != 0);
  printf("entry is _start: %d\n", entry == (unsigned long)_start);
  printf("dynamic linker: %d\n", getauxval(AT_BASE) != 0);
  printf("headers of %lu bytes near: %d\n", getauxval(AT_PHENT), headers < entry && entry - headers < 1 << 24);
  const ElfW(Phdr) *header = (const void *)headers;
  int loads = 0, interpreter = 0, stack = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
    loads += header[i].p_type == PT_LOAD;
    interpreter += header[i].p_type == PT_INTERP;
    stack += header[i].p_type == PT_GNU_STACK;
  }
  printf("loads %d, interpreter %d, stack %d\n", loads > 0, interpreter, stack);
  printf("value %d %d, own %d\n", *pointers[0], *pointers[1] == value, own++);
  char path[300] = {0};
  readlink("/proc/self/exe", path, sizeof path - 1);
  printf("exe %s, name %s\n", strrchr(path, '/') + 1, strrchr(argv[0], '/') + 1);
  return own;
}
