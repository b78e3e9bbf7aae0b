/* Children report through pipes, then end; a grandchild reports through its parent's. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[8000];

int main(void) {
  for (int round = 0; round < 4; round++) {
    int ends[2];
    if (pipe(ends)) return 1;
    if (fork() == 0) {
      close(ends[0]);
      memset(buffer, 'a' + round, sizeof buffer);
      if (round % 2) {
        if (fork() == 0) {
          write(ends[1], "grandchild ", 11);
          _exit(0);
        }
        wait(NULL);
      }
      write(ends[1], buffer, 5000);
      _exit(0);
    }
    close(ends[1]);
    size_t total = 0;
    ssize_t count;
    char text[20] = "";
    while ((count = read(ends[0], buffer + total, sizeof buffer - total)) > 0) total += count;
    memcpy(text, buffer, 12);
    wait(NULL);
    close(ends[0]);
    printf("round %d: %zu bytes, \"%s\", last %c\n", round, total, text, buffer[total - 1]);
  }
  return 0;
}
