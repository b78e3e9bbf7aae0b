// Arguments, environment, auxiliary vector and exit status.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

int main(int argc, char **argv, char **envp) {
  printf("argc %d\n", argc);
  for (int i = 1; i < argc; i++) printf("argv[%d] = <%s>\n", i, argv[i]);
  printf("NAME=%s\n", getenv("NAME"));
  printf("page size %lu, secure %lu\n", getauxval(AT_PAGESZ), getauxval(AT_SECURE));
  printf("stack aligned: %d\n", (unsigned long)__builtin_frame_address(0) % 16 == 0);
  unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
  int set = 0;
  for (int i = 0; i < 16; i++) set |= random[i];
  printf("random given: %d\n", set != 0);
  printf("entry %d phdr %d\n", getauxval(AT_ENTRY) != 0, getauxval(AT_PHDR) != 0);
  printf("execfn ends in %s\n", strrchr((char *)getauxval(AT_EXECFN), '/') ? "a name" : (char *)getauxval(AT_EXECFN));
  fprintf(stderr, "to stderr\n");
  errno = 0;
  return 42;
}
