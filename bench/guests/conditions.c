/* A line that is reached as often as the argument says: what a condition on a breakpoint there costs. */
#include <stdio.h>
#include <stdlib.h>

struct node {
    int value;
    struct node *next;
};

static long sum;

static int turn(int index, struct node *node)
{
    int twice = index * 2;
    sum += twice + node->value; /* each turn */
    return twice;
}

int main(int argc, char **argv)
{
    int turns = argc > 1 ? atoi(argv[1]) : 1000000;
    struct node second = {7, NULL}, first = {5, &second};
    for (int i = 0; i < turns; i++)
        turn(i, &first);
    printf("%ld\n", sum);
    return 0; /* done */
}
