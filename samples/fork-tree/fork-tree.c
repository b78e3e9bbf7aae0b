/*
 * Eight processes that share one array until each writes its own page of it.
 * In the Address Spaces view, watch the reference count of a page fall as its sharers leave.
 */
#include "../runtime/guest.h"

enum { DEPTH = 3, LEAVES = 1 << DEPTH };

static char pages[LEAVES][PAGE] = {{1}};

static int grow(int depth, int slot)
{
    if (depth == 0) {
        pages[slot][0] = slot; /* the first write of this process to this page */
        return slot;
    }
    int pid = fork();
    if (pid == 0)
        exit_group(grow(depth - 1, slot * 2 + 1));
    int mine = grow(depth - 1, slot * 2);
    return mine + wait_for(pid);
}

int main(void)
{
    int root = getpid();
    for (int i = 0; i < LEAVES; i++)
        pages[i][0] = 100 + i;
    int sum = grow(DEPTH, 0);
    print("process %d: the leaves add up to %d\n", root == getpid() ? 1 : 2, sum);
    return 0;
}
