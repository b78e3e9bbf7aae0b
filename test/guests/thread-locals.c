/* As thread-locals.cpp, in C: function-local variables have names in the symbol table that do not say whose they are. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

long *library_fill(long *answer);
extern __thread int library_shown;

static __thread int hidden = 24;
__thread long shown = 25;

static int fn(void)
{
    static __thread int calls = 26;
    return ++calls;
}

static int other(void)
{
    static __thread int calls = 126;
    return calls += 2;
}

__attribute__((noinline)) void checkpoint(long *answers)
{
    __asm__ volatile("" : : "r"(answers) : "memory");
}

#define ANSWERS \
    X(hidden, "hidden") \
    X(shown, "shown") \
    X(calls_of_fn, "fn::calls") \
    X(calls_of_other, "other::calls") \
    X(library_shown, "library_shown") \
    X(errno, "errno") \
    X(errno + 1, "errno + 1") \
    X((long)&errno, "&errno")

__attribute__((noinline)) void fill(int more)
{
    hidden += more, shown += more, library_shown += more;
    long calls_of_fn = fn();
    long calls_of_other = other();
    long answers[40];
    long *answer = answers;
    if (more)
        open("/", O_WRONLY);
    else
        open("/nonexistent", O_RDONLY);
#define X(expression, name) *answer++ = (long)(expression);
    ANSWERS
#undef X
    answer = library_fill(answer);
    checkpoint(answers);
}

static void *run(void *more)
{
    fill(*(int *)more);
    return more;
}

int main(void)
{
    int more = 1000;
    pthread_t thread;
    fill(0);
    pthread_create(&thread, 0, run, &more);
    pthread_join(thread, 0);
    return 0;
}
