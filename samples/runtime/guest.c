#include "guest.h"

int main(void);

long syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
}

int fork(void)
{
    const long SIGCHLD = 17;
    return syscall6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

int wait_for(int pid)
{
    int status = 0;
    syscall6(SYS_wait4, pid, (long)&status, 0, 0, 0, 0);
    return (status & 0x7f) ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

int getpid(void)
{
    return syscall6(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

void exit_group(int status)
{
    syscall6(SYS_exit_group, status, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

char *map_pages(int pages, int protection, int flags)
{
    return (char *)syscall6(SYS_mmap, 0, (long)pages * PAGE, protection, flags, -1, 0);
}

void unmap_pages(char *start, int pages)
{
    syscall6(SYS_munmap, (long)start, (long)pages * PAGE, 0, 0, 0, 0);
}

int protect_pages(char *start, int pages, int protection)
{
    return syscall6(SYS_mprotect, (long)start, (long)pages * PAGE, protection, 0, 0, 0);
}

static char *put_number(char *out, unsigned long value, int base)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        *out++ = digits[--count];
    return out;
}

void print(const char *format, ...)
{
    char line[512];
    char *out = line;
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    for (; *format && out < line + sizeof line - 32; format++) {
        if (*format != '%') {
            *out++ = *format;
            continue;
        }
        switch (*++format) {
        case 'd': {
            int value = __builtin_va_arg(arguments, int);
            if (value < 0)
                *out++ = '-';
            out = put_number(out, value < 0 ? -(long)value : value, 10);
            break;
        }
        case 'x':
            out = put_number(out, __builtin_va_arg(arguments, unsigned long), 16);
            break;
        case 's':
            for (const char *s = __builtin_va_arg(arguments, const char *); *s && out < line + sizeof line - 32;)
                *out++ = *s++;
            break;
        default:
            *out++ = *format;
        }
    }
    __builtin_va_end(arguments);
    syscall6(SYS_write, 1, (long)line, out - line, 0, 0, 0);
}

/* gcc calls these for large copies and initialisers even when freestanding. */
void *memset(void *to, int byte, size_t length)
{
    for (char *p = to; length; length--)
        *p++ = byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
    char *p = to;
    for (const char *q = from; length; length--)
        *p++ = *q++;
    return to;
}

/* ra is cleared so that unwinding ends here. */
__asm__(".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        ".option push\n"
        ".option norelax\n"
        "  la gp, __global_pointer$\n"
        ".option pop\n"
        "  li ra, 0\n"
        "  li s0, 0\n"
        "  call main\n"
        "  call exit_group\n"
        ".size _start, .-_start\n");
