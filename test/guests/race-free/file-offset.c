/* An open file is shared across a fork, its offset included; private mappings of it are not. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int file = open("given/text", O_RDONLY);
  char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  char text[12] = "";
  read(file, text, 6);
  printf("%s|%.5s\n", text, mapped);
  fflush(stdout);
  if (fork() == 0) {
    read(file, text, 5);
    mapped[0] = 'F';
    printf("%s|%.5s\n", text, mapped);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  read(file, text, 6);
  printf("%.6s|%.5s\n", text, mapped);
  mapped[0] = '*';
  printf("%.5s\n", mapped);
  return 0;
}
