/* What stepping has to get right: calls into libc, recursion, callbacks, signals, loops, and a child to wait for. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int seen;

static int factorial(int n)
{
    if (n <= 1)
        return 1;
    return n * factorial(n - 1);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void on_signal(int number)
{
    seen = number;
}

static void hold(int times)
{
    for (int i = 0; i < times; i++) seen = i;
}

int main(int argc, char **argv)
{
    int values[] = {3, 1, 2};
    printf("%s has %d arguments\n", argv[0], argc - 1);
    int f = factorial(4);
    qsort(values, 3, sizeof *values, compare);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    for (int i = 0; i < 200000; i++) seen += i & 1;
    hold(3);
    int child = fork();
    if (child == 0)
        _exit(7);
    int status;
    waitpid(child, &status, 0);
    printf("%d %d\n", f, WEXITSTATUS(status));
    return 0;
}
