/* Calls a library that is loaded at run time: its variables are given to a thread at their first use. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

__attribute__((noinline)) void checkpoint(long *answers)
{
    __asm__ volatile("" : : "r"(answers) : "memory");
}

static long *(*library_fill)(long *);

static void fill(void)
{
    long answers[40];
    library_fill(answers);
    checkpoint(answers);
}

static void *run(void *argument)
{
    fill();
    return argument;
}

static __attribute__((noinline)) void unused(void)
{
    checkpoint(0);
}

static void *idle(void *argument)
{
    unused();
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *library = dlopen(argv[argc - 1], RTLD_NOW);
    if (!library) {
        puts(dlerror());
        return 1;
    }
    library_fill = (long *(*)(long *))dlsym(library, "library_fill");
    fill();
    pthread_create(&thread, 0, run, 0);
    pthread_join(thread, 0);
    pthread_create(&thread, 0, idle, 0);
    pthread_join(thread, 0);
    return 0;
}
