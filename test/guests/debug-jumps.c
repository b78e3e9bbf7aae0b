/* Ways to leave a function that stepping has to follow: longjmp, from a handler too, exec, exit, and system calls. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static jmp_buf here;
static sigjmp_buf safe;
static volatile int ticks;

static void leap(int depth)
{
    if (depth == 0)
        longjmp(here, 3);
    leap(depth - 1);
}

static int outer(void)
{
    leap(4);
    return 1;
}

static void on_tick(int number)
{
    ticks += number;
}

static void on_fault(int number)
{
    siglongjmp(safe, number);
}

static int spin(int times)
{
    volatile int sum = 0;
    for (int i = 0; i < times; i++)
        sum += i;
    return sum;
}

static void *work(void *argument)
{
    *(int *)argument = spin(100);
    return argument;
}

int main(int argc, char **argv)
{
    volatile int jumped = 0;
    int value = setjmp(here);
    jumped += value;
    if (jumped == 0)
        outer();
    signal(SIGALRM, on_tick);
    struct itimerval timer = {{0, 100}, {0, 100}};
    setitimer(ITIMER_REAL, &timer, 0);
    int total = spin(200000);
    memset(&timer, 0, sizeof timer);
    setitimer(ITIMER_REAL, &timer, 0);
    signal(SIGSEGV, on_fault);
    int fault = sigsetjmp(safe, 1);
    if (fault == 0)
        *(volatile int *)8 = total;
    int result;
    pthread_t thread;
    pthread_create(&thread, 0, work, &result);
    pthread_join(thread, 0);
    pid_t pid = getpid();
    if (argc > 1)
        execl(argv[1], argv[1], (char *)0);
    return pid + fault + ticks == 0;
}
