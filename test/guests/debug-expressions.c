// What a person evaluates in a debugger: objects of every kind, a fork, and a loop that conditions pick turns of.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct point { int x, y; };
struct node { int value; unsigned ready : 1, other : 4; struct node *next; struct point at; };
enum color { RED, GREEN, BLUE = 10 };

static int counter = 40;
static char page[8192] __attribute__((aligned(4096)));
double ratio = 0.5;

static int next_number(void) {
  static int last = 6;
  return ++last;
}

static long turns(struct node *list, int limit) {
  long sum = 0;
  for (int i = 0; i < limit; i++) {
    sum += list->value * i;
  }
  return sum;
}

int main(int argc, char **argv) {
  struct node second = {.value = 7, .ready = 1, .other = 9, .at = {3, 4}};
  struct node first = {.value = 5, .next = &second};
  enum color color = BLUE;
  const char *name = "pagewalk";
  int values[4] = {10, 20, 30, 40};
  long sum = turns(&first, 100);
  page[0] = (char)next_number();
  if (fork() == 0) {
    page[0] = 'c';
    _exit(3);
  }
  int status = 0;
  wait(&status);
  printf("%ld %d %s %d %d %d\n", sum, color, name, values[1], counter + argc + (argv != NULL), WEXITSTATUS(status));
  return 0;
}
