/* A line that is reached again and again: what conditions, hit counts and log messages there find. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct node {
    int value;
    struct node *next;
};

static volatile long sum;

static int turn(int index, struct node *node)
{
    int twice = index * 2;
    sum += twice + node->value; /* each turn */
    return twice;
}

static void talk(int turns)
{
    for (int i = 0; i < turns; i++) {
        char digit = '0' + i;
        write(1, &digit, 1); /* each word */
    }
}

int main(int argc, char **argv)
{
    int turns = argc > 1 ? atoi(argv[1]) : 10000;
    struct node second = {7, NULL}, first = {5, &second};
    talk(4);
    for (int i = 0; turns == 0 || i < turns; i++)
        turn(i, &first);
    return 0; /* done */
}
