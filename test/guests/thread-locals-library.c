/* Thread-local variables of a library, which the program and the library itself use. */
__thread int library_shown = 41;
__thread int library_unused_outside = 42;
static __thread int library_hidden = 43;

static int first(void)
{
    static __thread int calls = 44;
    return ++calls;
}

static int second(void)
{
    static __thread int calls = 45;
    return calls += 2;
}

/* The answers of what a debugger finds by these names: */
#define ANSWERS \
    X(library_hidden, "library_hidden") \
    X(library_unused_outside, "library_unused_outside") \
    X(calls_of_first, "first::calls") \
    X(calls_of_second, "second::calls")

long *library_fill(long *answer)
{
    long calls_of_first = first();
    long calls_of_second = second();
    library_hidden++;
#define X(expression, name) *answer++ = (long)(expression);
    ANSWERS
    return answer;
}
