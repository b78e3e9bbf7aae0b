/*
 * What fork does to memory. The parent fills three kinds of pages, forks, and both sides write.
 *
 *   counter   a global in .data       private: the first write after the fork copies its page
 *   note      an anonymous mapping    private: the same
 *   mailbox   a MAP_SHARED mapping    shared: a write is seen by both sides, nothing is copied
 *
 * Try the exception filters "fork" and "page fault: CoW", then step the two threads on their own.
 */
#include "../runtime/guest.h"

int counter = 1;

static void child(char *note, int *mailbox)
{
    int before = counter;
    counter = 42;      /* CoW fault: the child gets its own copy of this page */
    note[0] = 'C';     /* and of this one */
    *mailbox = 7;      /* no copy: this page is shared */
    print("child:  counter %d -> %d, note %s\n", before, counter, note);
}

int main(void)
{
    char *note = map_pages(1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    int *mailbox = (int *)map_pages(1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    const char text[] = "parent's";
    for (int i = 0; text[i]; i++)
        note[i] = text[i];
    counter = 2;
    *mailbox = 0;

    int pid = fork();
    if (pid == 0) {
        child(note, mailbox);
        exit_group(3);
    }

    int status = wait_for(pid);
    counter++;         /* the last sharer is left: it takes the page over without a copy */
    print("parent: counter %d, note %s, mailbox %d, child's status %d\n", counter, note, *mailbox, status);
    unmap_pages(note, 1);
    return 0;
}
