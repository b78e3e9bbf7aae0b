/* Structures that end with an array whose length they do not say. */
#include <stdlib.h>
#include <string.h>

struct flexible { int count; char data[]; };
struct zero { int count; char data[0]; };
struct numbers { int count; int data[]; };

static struct flexible fixed = {3, "xyz"};

void checkpoint(void)
{
}

int main(void)
{
    struct flexible *flexible = calloc(1, sizeof *flexible + 6);
    struct zero *zero = calloc(1, sizeof *zero + 7);
    struct numbers *numbers = calloc(1, sizeof *numbers + 2 * sizeof(int));
    flexible->count = 5, zero->count = 6, numbers->count = 2;
    strcpy(flexible->data, "abcde");
    strcpy(zero->data, "zeroes");
    numbers->data[0] = 4, numbers->data[1] = 5;
    checkpoint();
    return fixed.count;
}
