/* Two threads of one process, one of which waits for the other. */
#include <pthread.h>
#include <stdio.h>

static int total;

static void *work(void *argument)
{
    int amount = *(int *)argument;
    total += amount;
    return 0;
}

int main(void)
{
    int amount = 21;
    pthread_t worker;
    pthread_create(&worker, 0, work, &amount);
    total += amount;
    pthread_join(worker, 0);
    printf("%d\n", total);
    return 0;
}
