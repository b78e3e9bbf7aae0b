/*
 * One page fault of each kind that the kernel resolves, and how the page tables grow with them.
 * Check "page fault: demand zero", "file" and "stack growth" to stop at each.
 */
#include "../runtime/guest.h"

static int table[2048] = {1, 2, 3}; /* .data: pages of the file, copied when first written */

/* Each call needs a page of stack, so the stack grows below what is mapped. */
static int deep(int depth)
{
    volatile char page[PAGE];
    page[0] = depth;
    if (depth == 0)
        return page[0];
    return deep(depth - 1) + page[0];
}

int main(void)
{
    int sum = 0;

    char *zeroes = map_pages(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    for (int page = 0; page < 8; page += 2)
        zeroes[page * PAGE] = page; /* demand zero: every other page stays absent */

    for (int i = 0; i < 2048; i += 1024)
        sum += table[i]; /* file: mapped read-only from the page cache */
    table[0] = 5;        /* CoW without any fork: the page cache keeps its own copy */

    sum += deep(40); /* stack growth */

    protect_pages(zeroes, 8, PROT_READ);
    protect_pages(zeroes, 4, PROT_READ | PROT_WRITE); /* splits the mapping in two */
    zeroes[0] = 9;
    unmap_pages(zeroes + 6 * PAGE, 2); /* its page table keeps the other entries */

    print("sum %d, first byte %d\n", sum, zeroes[0]);
    return 0;
}
