/* What data breakpoints see: stores, loads, kernel writes, a child, shared memory, and locals that come and go. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct point { short x; unsigned char y; double z; };

int counter;
struct point origin;
char buffer[16];
_Atomic int total;
int others[2000];

static int sum(int n)
{
    int partial = 0;
    for (int i = 1; i <= n; i++)
        partial += i;
    return partial;
}

static void from_kernel(void)
{
    int ends[2];
    if (pipe(ends) || write(ends[1], "hello", 5) != 5 || read(ends[0], buffer, 5) != 5)
        abort();
}

int main(void)
{
    counter = 5;
    counter = 5;
    others[0] = counter;
    origin.x = -3;
    origin.z = 1.5;
    total += 2;
    int six = sum(3);
    from_kernel();
    for (int i = 0; i < 5; i++)
        counter += i;
    int child = fork();
    if (child == 0) {
        counter = 77;
        _exit(0);
    }
    waitpid(child, NULL, 0);
    counter = six;
    return 0;
}
