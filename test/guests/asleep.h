/* Waits until a process sleeps in a system call, so that what comes next meets it there. */
#include <stdio.h>
#include <unistd.h>

static void untilAsleep(int pid) {
  char path[64], line[512];
  sprintf(path, "/proc/%d/stat", pid);
  for (;;) {
    FILE *f = fopen(path, "r");
    char *got = f ? fgets(line, sizeof line, f) : 0;
    if (f) fclose(f);
    char *end = got ? line : 0;
    for (char *at = end; at && *at; at++)
      if (*at == ')') end = at;
    if (end && end[0] && end[2] == 'S') return;
    usleep(1000);
  }
}
