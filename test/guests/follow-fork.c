/* What makes processes: fork, vfork, posix_spawn, clone, in functions, in threads, and a child that executes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char stack[65536] __attribute__((aligned(16)));

static int plain(void)
{
    int pid = fork();
    if (pid == 0)
        _exit(11);
    return pid;
}

static int borrowing(void)
{
    int pid = vfork();
    if (pid == 0)
        _exit(12);
    return pid;
}

static int begin(void *argument)
{
    int code = *(int *)argument;
    return code;
}

static int cloned(void)
{
    int code = 13;
    int pid = clone(begin, stack + sizeof stack, SIGCHLD, &code);
    return pid;
}

static int executing(char *program)
{
    int pid = fork();
    if (pid == 0) {
        execl(program, program, "again", NULL);
        _exit(1);
    }
    return pid;
}

static int spawning(char *program)
{
    char *arguments[] = {program, "again", NULL};
    pid_t pid;
    posix_spawn(&pid, program, NULL, NULL, arguments, environ);
    return pid;
}

static void *in_thread(void *argument)
{
    *(int *)argument = plain();
    return NULL;
}

static int threaded(void)
{
    pthread_t thread;
    int pid;
    pthread_create(&thread, NULL, in_thread, &pid);
    pthread_join(thread, NULL);
    return pid;
}

static int reap(int pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    int pid = 0;
    if (!strcmp(kind, "again"))
        return 14;
    if (!strcmp(kind, "fork"))
        pid = plain();
    if (!strcmp(kind, "vfork"))
        pid = borrowing();
    if (!strcmp(kind, "clone"))
        pid = cloned();
    if (!strcmp(kind, "exec"))
        pid = executing("/proc/self/exe");
    if (!strcmp(kind, "spawn"))
        pid = spawning("/proc/self/exe");
    if (!strcmp(kind, "thread"))
        pid = threaded();
    printf("%d\n", reap(pid));
    return 0;
}
