/* Handlers of signals on the stack that they interrupt and on one of their own, in a call of the C library and in a fault. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static char stack[65536];
static char *guard;
static volatile int total;

__attribute__((noinline)) void checkpoint(int number)
{
    total += number;
}

static void on_raise(int number)
{
    int doubled = number * 2;
    checkpoint(doubled);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    int offset = (char *)info->si_addr - guard;
    checkpoint(number + offset);
    mprotect(guard, 4096, PROT_READ | PROT_WRITE);
}

static int touch(int offset)
{
    int before = total;
    guard[offset] = 1;
    return total - before;
}

static int recurse(int depth)
{
    if (depth == 0)
        return raise(SIGUSR1);
    return recurse(depth - 1) + depth;
}

int main(void)
{
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&own, 0);
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &fault, 0);
    signal(SIGUSR1, on_raise);
    guard = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int sum = recurse(2);
    int touched = touch(5);
    printf("%d %d %d\n", sum, touched, total);
    return 0;
}
