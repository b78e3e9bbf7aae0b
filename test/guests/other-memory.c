/* /proc/PID/mem, read and written; process_vm_readv and process_vm_writev: what they may do, and how far they get. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); } while (0)
#define OK(call) printf("%s: %s\n", #call, (call) ? "yes" : "no")

static const char constant[] = "a constant";
static int variable = 1;

static char *map(long pages, int protection, int flags) {
  return mmap(0, pages * PAGE, protection, MAP_ANONYMOUS | flags, -1, 0);
}

static int memory_of(pid_t pid, int flags) {
  char path[40];
  sprintf(path, "/proc/%d/mem", pid);
  return open(path, flags);
}


static void own(void) {
  int mem = open("/proc/self/mem", O_RDWR);
  char b[3 * PAGE];
  OK(mem >= 0);
  SHOW(pread(mem, b, 10, (long)constant));
  printf("%.10s\n", b);
  /* Pages that nobody may write, or even read. */
  SHOW(pwrite(mem, "the other!", 10, (long)constant));
  printf("%.10s\n", *(const char *volatile *)&(const char *){constant});
  char *none = map(2, PROT_NONE, MAP_PRIVATE);
  SHOW(pread(mem, b, 4, (long)none));
  printf("%d\n", b[0]);
  SHOW(pwrite(mem, "hidden", 6, (long)none + PAGE - 3));
  SHOW(mprotect(none, 2 * PAGE, PROT_READ));
  printf("%.6s\n", none + PAGE - 3);
  /* A mapping that is unlocked afterwards is as any other. */
  SHOW(mprotect(none, 2 * PAGE, PROT_READ | PROT_WRITE));
  none[0] = 'x';
  printf("%c%.6s\n", none[0], none + PAGE - 3);
  /* Shared pages. */
  char *shared = map(1, PROT_READ, MAP_SHARED);
  SHOW(pwrite(mem, "x", 1, (long)shared));
  SHOW(pread(mem, b, 1, (long)shared));
  SHOW(mprotect(shared, PAGE, PROT_NONE));
  SHOW(pread(mem, b, 1, (long)shared));
  SHOW(mprotect(shared, PAGE, PROT_READ | PROT_WRITE));
  SHOW(pwrite(mem, "x", 1, (long)shared));
  printf("%c\n", shared[0]);
  /* A file's pages: private ones are copied, the file stays. */
  int text = open("given/text", O_RDONLY);
  char *private = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, text, 0), *both = mmap(0, PAGE, PROT_READ, MAP_SHARED, text, 0);
  SHOW(pwrite(mem, "FIRST", 5, (long)private));
  printf("%.10s|%.10s\n", private, both);
  SHOW(pread(text, b, 10, 0));
  printf("%.10s\n", b);
  SHOW(pwrite(mem, "FIRST", 5, (long)both));
  char *past = mmap(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, text, 0);
  SHOW(pwrite(mem, "x", 1, (long)past + PAGE));
  SHOW(pread(mem, b, 2 * PAGE, (long)past));
  close(text);
  /* How far. */
  char *hole = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  munmap(hole + PAGE, PAGE);
  SHOW(pread(mem, b, 3 * PAGE, (long)hole));
  SHOW(pread(mem, b, PAGE, (long)hole + PAGE));
  SHOW(pwrite(mem, b, PAGE, (long)hole + 100));
  SHOW(pwrite(mem, b, 1, (long)hole + PAGE));
  SHOW(pread(mem, b, 0, (long)hole + PAGE));
  SHOW(pread(mem, hole + PAGE, 1, (long)hole));
  SHOW(pwrite(mem, hole + PAGE, 1, (long)hole));
  SHOW(pread(mem, hole + PAGE - 4, 8, (long)constant));
  struct iovec parts[] = {{"ab", 2}, {"cd", 2}, {(void *)16, 2}};
  SHOW(pwritev(mem, parts, 2, (long)hole));
  printf("%.4s\n", hole);
  SHOW(pwritev(mem, parts, 3, (long)hole + 8));
  printf("%.4s\n", hole + 8);
  /* The position. */
  SHOW(lseek(mem, 0, SEEK_END));
  SHOW(lseek(mem, 0, SEEK_DATA));
  OK(lseek(mem, (long)hole, SEEK_SET) == (long)hole);
  SHOW(write(mem, "one", 3));
  SHOW(write(mem, "two", 3));
  OK(lseek(mem, -6, SEEK_CUR) == (long)hole);
  SHOW(read(mem, b, 6));
  printf("%.6s\n", b);
  OK(lseek(mem, 0, SEEK_CUR) == (long)hole + 6);
  SHOW(lseek(mem, 0, SEEK_SET));
  SHOW(read(mem, b, 1));
  SHOW(write(mem, b, 1));
  SHOW(lseek(mem, -1, SEEK_SET) == -1 && errno);
  SHOW(pread(mem, b, 1, -1));
  SHOW(pread(mem, b, 1, 0x7ffffffffffff000));
  SHOW(ftruncate(mem, 0));
  SHOW(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, mem, 0) == MAP_FAILED ? -1 : 0);
  close(mem);
  /* By what it was opened for. */
  mem = open("/proc/self/mem", O_RDONLY);
  SHOW(pwrite(mem, "x", 1, (long)hole));
  close(mem);
  mem = open("/proc/self/mem", O_WRONLY | O_TRUNC | O_APPEND);
  SHOW(pread(mem, b, 1, (long)hole));
  SHOW(pwrite(mem, "w", 1, (long)hole));
  printf("%c\n", hole[0]);
  close(mem);
  mem = open("/proc/thread-self/mem", O_RDWR | O_CREAT, 0600);
  SHOW(pread(mem, b, 1, (long)hole));
  close(mem);
}

/* A fork shares pages; a write from outside is of one side only, and of the memory that was opened. */
static void sides(void) {
  char *only = map(2, PROT_READ, MAP_PRIVATE), *both = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  both[0] = 'b';
  int mem = open("/proc/self/mem", O_RDWR);
  SHOW(pwrite(mem, "Q", 1, (long)only));
  if (fork() == 0) {
    SHOW(pwrite(mem, "Z", 1, (long)only));
    SHOW(pwrite(mem, "Y", 1, (long)both));
    SHOW(pwrite(mem, "N", 1, (long)only + PAGE));
    printf("child: %c %c %d\n", only[0], both[0], only[PAGE]);
    int mine = open("/proc/self/mem", O_RDWR);
    SHOW(pwrite(mine, "C", 1, (long)only));
    printf("child: %c\n", only[0]);
    _exit(0);
  }
  wait(0);
  printf("parent: %c %c %c\n", only[0], both[0], only[PAGE]);
  /* The other way round, while the child waits; and its end. */
  int go[2], back[2];
  pipe(go), pipe(back);
  pid_t child = fork();
  char c;
  if (child == 0) {
    read(go[0], &c, 1);
    printf("child: %c %c %d %.10s\n", only[0], both[0], variable, *(const char *volatile *)&(const char *){constant});
    write(back[1], "x", 1);
    pause();
  }
  int other = memory_of(child, O_RDWR);
  OK(other >= 0);
  int value = 77;
  SHOW(pwrite(other, "1", 1, (long)only));
  SHOW(pwrite(other, "2", 1, (long)both));
  SHOW(pwrite(other, &value, sizeof value, (long)&variable));
  SHOW(pwrite(other, "A CONSTANT", 10, (long)constant));
  write(go[1], "x", 1);
  read(back[0], &c, 1);
  printf("parent: %c %c %d %.10s\n", only[0], both[0], variable, *(const char *volatile *)&(const char *){constant});
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  SHOW(pread(other, &c, 1, (long)only));
  SHOW(pwrite(other, &c, 1, (long)only));
  SHOW(memory_of(child, O_RDONLY));
  wait(0);
  SHOW(pread(other, &c, 1, (long)only));
  SHOW(memory_of(child, O_RDONLY));
  close(other), close(mem);
}

/* What was opened before an exec is of a memory that is gone. */
static void stale(const char *self) {
  char name[16];
  char *page = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  int kept = open("/proc/self/mem", O_RDWR);
  if (fork() == 0) {
    int mine = open("/proc/self/mem", O_RDWR);
    sprintf(name, "%d", mine);
    char other[16], address[32];
    sprintf(other, "%d", kept);
    sprintf(address, "%ld", (long)page);
    execl(self, self, "stale", name, other, address, (char *)0);
    _exit(9);
  }
  wait(0);
  printf("parent: %c\n", page[0]);
  pid_t child = vfork();
  if (child == 0) {
    int fd = open("/proc/self/mem", O_RDWR);
    pwrite(fd, "V", 1, (long)page);
    _exit(0);
  }
  waitpid(child, 0, 0);
  printf("parent: %c\n", page[0]);
  close(kept);
}

static void after_exec(char **argv) {
  int mine = atoi(argv[2]), parents = atoi(argv[3]);
  long page = atol(argv[4]);
  char c = 'c';
  SHOW(pread(mine, &c, 1, (long)&c));
  SHOW(pwrite(mine, "x", 1, (long)&c));
  SHOW(pread(mine, &c, 1, 16));
  SHOW(pwrite(parents, "p", 1, page));
  SHOW(pread(parents, &c, 1, page));
  printf("%c\n", c);
}

/* The stack of another grows too, as far as it may. */
static void stacks(void) {
  int ready[2];
  pipe(ready);
  pid_t child = fork();
  if (child == 0) {
    char here;
    long at = (long)&here;
    write(ready[1], &at, sizeof at);
    pause();
  }
  long at;
  read(ready[0], &at, sizeof at);
  int mem = memory_of(child, O_RDWR);
  at &= -PAGE;
  char b[4];
  struct iovec l = {b, 4}, r = {(void *)(at - 100 * PAGE), 4};
  SHOW(process_vm_readv(child, &l, 1, &r, 1, 0));
  SHOW(process_vm_writev(child, &l, 1, &r, 1, 0));
  SHOW(pwrite(mem, "deep", 4, at - 200 * PAGE));
  SHOW(pwrite(mem, "deep", 4, at - 20 * 256 * PAGE));
  SHOW(process_vm_readv(child, &l, 1, &r, 1, 0));
  SHOW(pread(mem, b, 4, at - 200 * PAGE));
  printf("%.4s\n", b);
  kill(child, SIGKILL);
  wait(0);
  close(mem);
}

static void vectors(void) {
  char *a = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE), *ro = map(2, PROT_READ, MAP_PRIVATE), *none = map(1, PROT_NONE, MAP_PRIVATE);
  memcpy(a, "0123456789", 10);
  mprotect(a + 3 * PAGE, PAGE, PROT_READ);
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  char b[3 * PAGE];
  memset(b, '.', sizeof b);
  struct iovec l[3], r[3];
#define L(i, base, length) (l[i] = (struct iovec){(void *)(base), length})
#define R(i, base, length) (r[i] = (struct iovec){(void *)(base), length})
  /* What may be written. */
  L(0, "new", 3), R(0, a, 3);
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  printf("parent %.5s\n", a);
  L(0, b, 5);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  printf("child %.5s\n", b);
  R(0, ro, 3);
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  R(0, constant, 3);
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  R(0, none, 3);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  /* How far it gets. */
  L(0, b, 2 * PAGE), R(0, a + 2 * PAGE + 96, 2 * PAGE);
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  R(0, a, 4), R(1, 16, 4), R(2, a + 4, 4), L(0, b, 12);
  SHOW(process_vm_readv(child, l, 1, r, 3, 0));
  R(0, 16, 4), R(1, a, 4);
  SHOW(process_vm_readv(child, l, 1, r, 2, 0));
  R(0, a + PAGE, 100), L(0, b, 10), L(1, ro, 10);
  SHOW(process_vm_readv(child, l, 2, r, 1, 0));
  L(0, ro, 10);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  L(0, 16, 4);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  L(0, ro + PAGE - 4, 8);
  SHOW(process_vm_writev(child, l, 1, r, 1, 0));
  L(0, b, 8), R(0, a, 0), R(1, a, 4), R(2, a, 0);
  SHOW(process_vm_readv(child, l, 1, r, 3, 0));
  /* Arguments. */
  R(0, 16, 0);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  SHOW(process_vm_readv(999999, l, 1, r, 1, 0));
  R(0, a, 4);
  SHOW(process_vm_readv(999999, l, 1, r, 1, 0));
  SHOW(process_vm_readv(0, l, 1, r, 1, 0));
  SHOW(process_vm_readv(-1, l, 1, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, r, 1, 1));
  SHOW(process_vm_readv(child, l, 0, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, r, 0, 0));
  SHOW(process_vm_readv(child, l, 1025, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, r, 1025, 0));
  SHOW(process_vm_readv(child, l, -1, r, 1, 0));
  SHOW(process_vm_readv(child, (void *)16, 1, r, 1, 0));
  SHOW(process_vm_readv(child, l, 1, (void *)16, 1, 0));
  L(0, b, -1L);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  L(0, b, 4), R(0, a, -1L);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  L(0, b, 0), R(0, 16, 4);
  SHOW(process_vm_readv(999999, l, 1, r, 1, 0));
  /* One's own, and a zombie. */
  L(0, b, 4), R(0, "self", 4);
  SHOW(process_vm_readv(getpid(), l, 1, r, 1, 0));
  printf("%.4s\n", b);
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  R(0, a, 4);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
  wait(0);
  SHOW(process_vm_readv(child, l, 1, r, 1, 0));
}

/* Who may not be looked at: whoever has asked for that. */
static void permissions(void) {
  int ready[2];
  pipe(ready);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_DUMPABLE, 0);
    write(ready[1], "x", 1);
    pause();
  }
  char b[4];
  read(ready[0], b, 1);
  SHOW(memory_of(child, O_RDONLY));
  SHOW(memory_of(child, O_RDWR));
  struct iovec l = {b, 4}, r = {&variable, 4};
  SHOW(process_vm_readv(child, &l, 1, &r, 1, 0));
  SHOW(process_vm_writev(child, &l, 1, &r, 1, 0));
  kill(child, SIGKILL);
  wait(0);
  prctl(PR_SET_DUMPABLE, 0);
  SHOW(memory_of(getpid(), O_RDONLY));
  r.iov_base = "self";
  SHOW(process_vm_readv(getpid(), &l, 1, &r, 1, 0));
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (argc > 1) {
    after_exec(argv);
    return 0;
  }
  own();
  sides();
  stale(argv[0]);
  stacks();
  vectors();
  permissions();
  return 0;
}
