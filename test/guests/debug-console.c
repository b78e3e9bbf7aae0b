#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct point {
  int x, y;
};

struct point origin = {3, 4};
int handled;
const char *texts[] = {"one", "two"};

static void on_signal(int number)
{
  handled += number;
}

static int add(int a, int b)
{
  int sum = a + b;
  return sum;
}

static int twice(int value)
{
  int local = add(value, value);
  return local;
}

int main(void)
{
  signal(SIGUSR1, on_signal);
  int result = twice(21);
  raise(SIGUSR1);
  pid_t child = fork();
  if (child == 0) {
    origin.x = 30;
    _exit(7);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%d %d %s\n", result, handled, texts[1]);
  return 0;
}
