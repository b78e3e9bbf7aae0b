/*
 * Macros of every kind. The program computes what they give at several lines and keeps it in `answers`; the texts beside are
 * what a debugger is asked there.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include "macros.h"

#define LIMIT 17
#define TWICE LIMIT + LIMIT
#define SQ(x) ((x)*(x))
#define ADD(a, b) ((a) + (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define NESTED(x) SQ(ADD(x, LIMIT))
#define NEG -1
#define FOO foo.number
#define foo FOO_IS_NOT_AGAIN
#undef foo
#define number number
#define f(a) a*g
#define g(a) f(a)
#define JOIN(a, b) a##b
#define JOINED(a, b) JOIN(a, b)
#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
#define SUM(first, ...) ADD(first, ADD(__VA_ARGS__))
#define PASS(...) __VA_ARGS__
#define REST(fmt, ...) (fmt, ##__VA_ARGS__)
#define NAMED(args...) ADD(args)
#define OPTIONAL(a, ...) (a __VA_OPT__(+ (__VA_ARGS__)))
#define NOTHING
#define NO_ARGUMENT() 5
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MEMBER next->value
#define POINTER_TO(type) type *
#define OFFSET(type, member) offsetof(type, member)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define MOST_OF(type) ((type)~0)

struct node {
    int value;
    struct node *next;
    char name[8];
};

static struct { int number; } foo = {41};
static int xy = 11, LIMIT_reached = 12;

__attribute__((noinline)) void checkpoint(long *answers)
{
    __asm__ volatile("" : : "r"(answers) : "memory");
}

#define EVERYWHERE \
    X(LIMIT, "LIMIT") \
    X(TWICE, "TWICE") \
    X(TWICE * 2, "TWICE * 2") \
    X(SQ(3), "SQ(3)") \
    X(SQ(1 + 2), "SQ(1 + 2)") \
    X(SQ(SQ(2)), "SQ(SQ(2))") \
    X(ADD(SQ(2), LIMIT), "ADD(SQ(2), LIMIT)") \
    X(MAX(value, list.value), "MAX(value, list.value)") \
    X(NESTED(value), "NESTED(value)") \
    X(2 -NEG, "2 -NEG") \
    X(FOO, "FOO") \
    X(foo.number, "foo.number") \
    X(JOIN(x, y), "JOIN(x, y)") \
    X(JOIN(LIMIT, _reached), "JOIN(LIMIT, _reached)") \
    X(JOINED(1, JOIN(2, 3)), "JOINED(1, JOIN(2, 3))") \
    X(TEXT(a "b" + 1)[4], "TEXT(a \"b\" + 1)[4]") \
    X(sizeof TEXT_OF(LIMIT), "sizeof TEXT_OF(LIMIT)") \
    X(SUM(1, 2, 3), "SUM(1, 2, 3)") \
    X(PASS(value), "PASS(value)") \
    X(NAMED(4, 5), "NAMED(4, 5)") \
    X(OPTIONAL(3), "OPTIONAL(3)") \
    X(OPTIONAL(3, 4), "OPTIONAL(3, 4)") \
    X(NO_ARGUMENT(), "NO_ARGUMENT()") \
    X(7 NOTHING, "7 NOTHING") \
    X(COUNT(list.name), "COUNT(list.name)") \
    X(list.MEMBER, "list.MEMBER") \
    X(*(POINTER_TO(int))&value, "*(POINTER_TO(int))&value") \
    X(OFFSET(struct node, name), "OFFSET(struct node, name)") \
    X(LIKELY(value > 3), "LIKELY(value > 3)") \
    X(MOST_OF(unsigned short), "MOST_OF(unsigned short)") \
    X(WIFEXITED(status), "WIFEXITED(status)") \
    X(WEXITSTATUS(status), "WEXITSTATUS(status)") \
    X(WIFSIGNALED(status), "WIFSIGNALED(status)") \
    X(errno, "errno") \
    X(EINTR, "EINTR") \
    X(INT_MAX, "INT_MAX") \
    X(UINT8_MAX, "UINT8_MAX") \
    X(INT64_MIN, "INT64_MIN") \
    X(SHARED, "SHARED") \
    X(LOCAL_TO_HEADER, "LOCAL_TO_HEADER") \
    X(STAGE, "STAGE") \
    X(STAGE + (STAGE == 2 ? LATE : 0), "STAGE == 2 ? STAGE + LATE : STAGE")

int main(void)
{
    struct node last = {9, NULL, "last"}, list = {5, &last, "list"};
    int value = 6, status = 3 << 8;
    long answers[64], *answer;
#define X(expression, text) *answer++ = (long)(expression);
#define STAGE 1
#define LATE 0
    errno = EDOM;
    answer = answers;
    EVERYWHERE
    checkpoint(answers); /* stage 1 */
#undef STAGE
#undef LATE
#define STAGE 2
#define LATE (SQ(4))
    value = in_header(value);
    answer = answers;
    EVERYWHERE
    checkpoint(answers); /* stage 2 */
    return 0;
}
