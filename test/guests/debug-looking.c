/* A program that is looked at and changed while it stands still: values in memory and in registers, structures in each other,
   a list, pages that a fork shares, and a process that can be ended. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct inner {
    int numbers[4];
    char word[8];
};

struct outer {
    struct inner first;
    struct inner second;
    struct outer *next;
};

static struct outer shared = {{{1, 2, 3, 4}, "one"}, {{5, 6, 7, 8}, "two"}, &shared};

static int leaf(int given, struct outer *from)
{
    int twice = given * 2;
    struct inner copy = from->second;
    return twice + copy.numbers[0]; /* stop here */
}

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int got = leaf(21, &shared);
    _exit(got == 0);
}
