/* What happens in a person's code, in the C library for it, and in the C library alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char pages[3][4096] __attribute__((aligned(4096)));
static int values[] = {3, 1, 2};
static int calls;

static int compare(const void *a, const void *b)
{
    calls++;
    return *(const int *)a - *(const int *)b;
}

static void child_work(void)
{
    pages[0][0] = 1;
    memset(pages[1], 2, sizeof pages[1]);
    calls++;
}

int main(void)
{
    memset(pages, 7, sizeof pages);
    qsort(values, 3, sizeof *values, compare);
    int child = fork();
    if (child == 0) {
        child_work();
        exit(3);
    }
    int status;
    waitpid(child, &status, 0);
    pages[2][0] = 1;
    printf("%d %d\n", calls, WEXITSTATUS(status));
    return 0;
}
