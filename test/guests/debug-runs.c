/* One way to go on for each first argument: what a debugger has to live with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long turns;

static void loop(void)
{
    for (;;)
        turns++;
}

static void flood(void)
{
    for (;;)
        write(1, "all work and no play\n", 21);
}

static void eat(void)
{
    for (;;)
        memset(malloc(1 << 20), 1, 1 << 20);
}

static void echo(void)
{
    char line[100];
    while (fgets(line, sizeof line, stdin)) {
        printf("read %s", line);
        fflush(stdout);
    }
    puts("end of input");
}

static void wait_for_each_other(void)
{
    int a[2], b[2];
    char c;
    pipe(a);
    pipe(b);
    int first = fork() == 0;
    read(first ? a[0] : b[0], &c, 1);
}

static void crash(void)
{
    *(volatile int *)0x10 = 1;
}

static void become(char *program)
{
    if (fork() == 0)
        execl(program, program, "count", (char *)0);
    int status;
    wait(&status);
    printf("status %d\n", WEXITSTATUS(status));
}

static void count(void)
{
    for (int i = 0; i < 5; i++)
        turns += i;
    exit(9);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "count";
    if (!strcmp(what, "loop")) loop();
    if (!strcmp(what, "flood")) flood();
    if (!strcmp(what, "eat")) eat();
    if (!strcmp(what, "echo")) echo();
    if (!strcmp(what, "deadlock")) wait_for_each_other();
    if (!strcmp(what, "crash")) crash();
    if (!strcmp(what, "become")) become(argv[0]);
    if (!strcmp(what, "count")) count();
    return 0;
}
