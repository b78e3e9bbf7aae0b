/* A few lines instead of a libc: system calls, output, and the entry point that calls main. */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned long size_t;

enum { SYS_pipe2 = 59, SYS_read = 63, SYS_write = 64, SYS_exit_group = 94, SYS_sched_yield = 124, SYS_getpid = 172,
       SYS_getppid = 173, SYS_brk = 214, SYS_munmap = 215, SYS_clone = 220, SYS_mmap = 222, SYS_mprotect = 226,
       SYS_wait4 = 260 };
enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20 };
enum { PAGE = 4096 };

long syscall6(long number, long a, long b, long c, long d, long e, long f);

int fork(void);
int wait_for(int pid);
int getpid(void);
void exit_group(int status) __attribute__((noreturn));
char *map_pages(int pages, int protection, int flags);
void unmap_pages(char *start, int pages);
int protect_pages(char *start, int pages, int protection);

/* Prints to standard output; understands %d, %x, %s and %%. */
void print(const char *format, ...);

#endif
