/*
 * Thread-local and static variables of every kind in two threads. Each thread computes what they hold and keeps it in
 * `answers`; the names beside the values are how a debugger is asked for them.
 */
#include <pthread.h>

extern "C" {
long *library_fill(long *answer);
extern __thread int library_shown;
}

namespace app {
thread_local int depth = 21;
static thread_local int secret = 31;
struct Ctx {
    static thread_local long id;
    static int made;
    static inline thread_local short fresh = 13;
    static int next()
    {
        static thread_local int calls = 14;
        static int all = 15;
        return ++calls + ++all;
    }
    int own;
};
thread_local long Ctx::id = 22;
int Ctx::made = 33;
inline namespace v2 {
thread_local int versioned = 34;
}
template <typename T> struct Slot {
    static thread_local T value;
};
template <typename T> thread_local T Slot<T>::value = 35;
}

namespace {
thread_local int inner = 36;
struct Pair { int left, right; };
thread_local Pair pair = {37, 38};
}

thread_local int plain = 23;
static thread_local int hidden = 24;
thread_local int numbers[4] = {1, 2, 3, 4};
extern "C" {
__thread int cstyle = 25;
}

int fn()
{
    static thread_local int calls = 26;
    return ++calls;
}

int other()
{
    static thread_local int calls = 126;
    static int total = 7;
    total += 2;
    calls += 2;
    return calls + total;
}

extern "C" __attribute__((noinline)) void checkpoint(long *answers)
{
    __asm__ volatile("" : : "r"(answers) : "memory");
}

#define ANSWERS \
    X(plain, "plain") \
    X(hidden, "hidden") \
    X(::hidden, "::hidden") \
    X(app::depth, "app::depth") \
    X(app::secret, "app::secret") \
    X(app::Ctx::id, "app::Ctx::id") \
    X(app::Ctx::made, "app::Ctx::made") \
    X(app::Ctx::fresh, "app::Ctx::fresh") \
    X(app::versioned, "app::versioned") \
    X(app::Slot<int>::value, "app::Slot<int>::value") \
    X(inner, "inner") \
    X(pair.right, "pair.right") \
    X(numbers[2], "numbers[2]") \
    X(cstyle, "cstyle") \
    X(context.id, "context.id") \
    X(context.fresh, "context.fresh") \
    X(library_shown, "library_shown") \
    X((long)&hidden, "&hidden") \
    X(calls_of_fn, "fn::calls") \
    X(calls_of_other, "other::calls") \
    X(calls_of_next, "app::Ctx::next::calls")

__attribute__((noinline)) void fill(int more)
{
    app::Ctx context = {more};
    __asm__ volatile("" : : "r"(&context) : "memory");
    plain += more, hidden += more, app::depth += more, app::secret += more, app::Ctx::id += more, app::Ctx::made += more;
    app::Ctx::fresh += more, app::versioned += more, app::Slot<int>::value += more, inner += more, pair.right += more;
    numbers[2] += more, cstyle += more, library_shown += more;
    long calls_of_fn = fn();
    long calls_of_other = 128 + 0 * other();
    long calls_of_next = 15 + 0 * app::Ctx::next();
    long answers[40];
    long *answer = answers;
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

int main()
{
    int more = 1000;
    pthread_t thread;
    fill(0);
    pthread_create(&thread, 0, run, &more);
    pthread_join(thread, 0);
    return 0;
}
