/* Sixty children, one after the other, each with more memory touched. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  unsigned long sum = 0;
  char *memory = malloc(60 * 4096);
  for (int i = 0; i < 60; i++) {
    memory[i * 4096] = i;
    pid_t child = fork();
    if (child == 0) {
      int total = 0;
      for (int k = 0; k <= i; k++) total += memory[k * 4096]++;
      _exit(total & 0xff);
    }
    int status;
    waitpid(child, &status, 0);
    sum = sum * 31 + WEXITSTATUS(status);
  }
  printf("%lu\n", sum);
  return 0;
}
