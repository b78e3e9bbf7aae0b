/* What processes, threads and children have used: page faults, memory, switches (getrusage(2), wait4(2), /proc/PID). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096L
/* Linux sums up its counts of pages only now and then, per processor. */
#define SLACK 300

static int about(long count, long expected) { return count >= expected && count < expected + SLACK; }

static struct rusage usage(int who) {
  struct rusage r;
  if (getrusage(who, &r)) printf("getrusage: %s\n", strerrorname_np(errno));
  return r;
}

static long faults(int who) { return usage(who).ru_minflt; }

static char *pages(long count) {
  char *p = mmap(0, count * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(p, count * P, MADV_NOHUGEPAGE);
  return p;
}

static void touch(volatile char *p, long count) {
  for (long i = 0; i < count; i++) p[i * P] = 1;
}

/* A size of /proc/self/status in pages. */
static long size(const char *name) {
  char line[200];
  long kilobytes = -1;
  FILE *f = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':') kilobytes = atol(line + strlen(name) + 1);
  fclose(f);
  return kilobytes < 0 ? -1 : kilobytes / 4;
}

/* A field of /proc/self/stat, by its number in proc_pid_stat(5). */
static long field(int number) {
  char text[2000];
  int fd = open("/proc/self/stat", O_RDONLY);
  text[read(fd, text, sizeof text - 1)] = 0;
  close(fd);
  char *at = strrchr(text, ')') + 1;
  for (int i = 3; i < number; i++) at = strchr(at + 1, ' ');
  return atol(at);
}

static sigjmp_buf jump;
static void onFault(int signal) { siglongjmp(jump, 1); }

static void faultsOfAProcess(void) {
  char *p = pages(1000);
  long before = faults(RUSAGE_SELF), thread = faults(RUSAGE_THREAD);
  touch(p, 1000);
  printf("new pages %d %d\n", about(faults(RUSAGE_SELF) - before, 1000), about(faults(RUSAGE_THREAD) - thread, 1000));
  before = faults(RUSAGE_SELF);
  touch(p, 1000);
  printf("again %d\n", about(faults(RUSAGE_SELF) - before, 0));
  madvise(p, 1000 * P, MADV_DONTNEED);
  before = faults(RUSAGE_SELF);
  touch(p, 1000);
  printf("after discarding %d\n", about(faults(RUSAGE_SELF) - before, 1000));
  before = faults(RUSAGE_SELF);
  mprotect(p, 1000 * P, PROT_READ);
  mprotect(p, 1000 * P, PROT_READ | PROT_WRITE);
  touch(p, 1000);
  printf("after protecting %d\n", faults(RUSAGE_SELF) - before < 1000 + SLACK);
  munmap(p, 1000 * P);

  p = pages(1000);
  int zero = open("/dev/zero", O_RDONLY);
  before = faults(RUSAGE_SELF);
  printf("read %ld", (long)read(zero, p, 1000 * P));
  printf(" %d\n", about(faults(RUSAGE_SELF) - before, 1000));
  munmap(p, 1000 * P);

  signal(SIGSEGV, onFault);
  before = faults(RUSAGE_SELF);
  for (volatile int i = 0; i < 1000; i++)
    if (!sigsetjmp(jump, 1)) *(volatile char *)8 = 1;
  printf("refused %d\n", about(faults(RUSAGE_SELF) - before, 0));
  signal(SIGSEGV, SIG_DFL);
  printf("stat %d %d\n", about(faults(RUSAGE_SELF) - field(10), 0), field(11) == 0);
  printf("major %d %d\n", usage(RUSAGE_SELF).ru_majflt < 100, field(12) < 100);
  errno = 0;
  struct rusage r;
  printf("nobody's %d", getrusage(2, &r));
  printf(" %s\n", strerrorname_np(errno));
}

static pthread_barrier_t touched, looked;
static void *touchThousand(void *p) {
  touch(p, 1000);
  printf("the thread's own %d\n", about(faults(RUSAGE_THREAD), 1000));
  pthread_barrier_wait(&touched);
  pthread_barrier_wait(&looked);
  return 0;
}

static void faultsOfAThread(void) {
  pthread_t thread;
  pthread_barrier_init(&touched, 0, 2);
  pthread_barrier_init(&looked, 0, 2);
  long before = faults(RUSAGE_SELF), mine = faults(RUSAGE_THREAD);
  pthread_create(&thread, 0, touchThousand, pages(1000));
  pthread_barrier_wait(&touched);
  printf("the process's %d, the first thread's %d\n", about(faults(RUSAGE_SELF) - before, 1000),
         about(faults(RUSAGE_THREAD) - mine, 0));
  pthread_barrier_wait(&looked);
  pthread_join(thread, 0);
  printf("after its end %d\n", about(faults(RUSAGE_SELF) - before, 1000));
}

static void faultsOfChildren(void) {
  char *p = pages(1000);
  touch(p, 1000);
  fflush(stdout);
  struct rusage r;
  int status;
  long before = faults(RUSAGE_CHILDREN), mine = faults(RUSAGE_SELF);
  pid_t child = fork();
  if (child == 0) {
    printf("a child begins anew %d %d\n", about(faults(RUSAGE_SELF), 0), about(faults(RUSAGE_CHILDREN), 0));
    touch(p, 1000);
    printf("its copies %d\n", about(faults(RUSAGE_SELF), 1000));
    fflush(stdout);
    if (fork() == 0) {
      touch(p, 1000);
      _exit(0);
    }
    wait(0);
    printf("its child's %d %d\n", about(faults(RUSAGE_SELF), 1000), about(faults(RUSAGE_CHILDREN), 1000));
    printf("and in stat %d\n", about(field(11), 1000));
    fflush(stdout);
    _exit(0);
  }
  wait4(child, &status, 0, &r);
  printf("wait4 %d, children %d, self %d\n", about(r.ru_minflt, 2000), about(faults(RUSAGE_CHILDREN) - before, 2000),
         about(faults(RUSAGE_SELF) - mine, 0));
  mine = faults(RUSAGE_SELF);
  touch(p, 1000);
  printf("the parent's own again %d\n", about(faults(RUSAGE_SELF) - mine, 1000));

  fflush(stdout);
  before = faults(RUSAGE_CHILDREN);
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) {
    touch(p, 1000);
    _exit(0);
  }
  wait(0);
  signal(SIGCHLD, SIG_DFL);
  printf("nobody waited %d\n", about(faults(RUSAGE_CHILDREN) - before, 0));
  munmap(p, 1000 * P);
}

static void memory(void) {
  long mapped = size("VmSize"), resident = size("VmRSS");
  char *p = pages(8000);
  printf("mapped %d, nothing resident %d\n", about(size("VmSize") - mapped, 8000), size("VmRSS") - resident < SLACK);
  touch(p, 8000);
  printf("resident %d %d %d\n", labs(size("VmRSS") - resident - 8000) < SLACK, labs(field(24) - resident - 8000) < SLACK,
         about(field(23) / P - mapped, 8000));
  printf("high-water marks %d %d %d\n", size("VmHWM") > resident + 8000 - SLACK, size("VmPeak") >= size("VmSize"),
         usage(RUSAGE_SELF).ru_maxrss > 8000 * 4);
  munmap(p, 8000 * P);
  printf("given back %d %d\n", labs(size("VmRSS") - resident) < SLACK, labs(size("VmSize") - mapped) < SLACK);
  printf("the marks stay %d %d %d\n", size("VmHWM") > resident + 8000 - SLACK, size("VmPeak") >= mapped + 8000,
         usage(RUSAGE_SELF).ru_maxrss > 8000 * 4);
  printf("children's %d\n", usage(RUSAGE_CHILDREN).ru_maxrss < 8000 * 4);
  fflush(stdout);
  struct rusage r;
  pid_t child = fork();
  if (child == 0) {
    printf("a child's mark %d, its size %d\n", size("VmHWM") < 8000, size("VmPeak") < mapped + 8000);
    printf("its usage %d\n", usage(RUSAGE_SELF).ru_maxrss < 8000 * 4);
    touch(pages(9000), 9000);
    fflush(stdout);
    _exit(0);
  }
  wait4(child, 0, 0, &r);
  printf("wait4 %d, children %d\n", r.ru_maxrss > 9000 * 4, usage(RUSAGE_CHILDREN).ru_maxrss > 9000 * 4);

  unsigned long sizes[7] = {0};
  FILE *f = fopen("/proc/self/statm", "r");
  fscanf(f, "%lu %lu %lu %lu %lu %lu %lu", sizes, sizes + 1, sizes + 2, sizes + 3, sizes + 4, sizes + 5, sizes + 6);
  fclose(f);
  printf("statm %d %d %d %d %lu %d %lu\n", labs((long)sizes[0] - size("VmSize")) < 10,
         labs((long)sizes[1] - size("VmRSS")) < SLACK, sizes[2] > 0 && sizes[2] < sizes[1], sizes[3] > 0, sizes[4],
         sizes[5] > 0, sizes[6]);
}

static void switches(void) {
  struct rusage before = usage(RUSAGE_SELF);
  for (int i = 0; i < 10; i++) usleep(1000);
  struct rusage after = usage(RUSAGE_SELF);
  printf("slept %d\n", about(after.ru_nvcsw - before.ru_nvcsw, 10));
  int there[2], back[2];
  char byte = 0;
  pipe(there);
  pipe(back);
  fflush(stdout);
  if (fork() == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1) usleep(1000), write(back[1], &byte, 1);
    _exit(0);
  }
  before = usage(RUSAGE_SELF);
  for (int i = 0; i < 10; i++) write(there[1], &byte, 1), read(back[0], &byte, 1);
  after = usage(RUSAGE_SELF);
  close(there[1]);
  struct rusage r;
  wait4(-1, 0, 0, &r);
  printf("waited %d, the child %d\n", about(after.ru_nvcsw - before.ru_nvcsw, 10), about(r.ru_nvcsw, 10));
  printf("in status %d\n", about(usage(RUSAGE_SELF).ru_nvcsw, size("voluntary_ctxt_switches") * 4));
}

/* What an image has used is known beyond exec, but the marks of /proc are those of the new one. */
static void afterExec(void) {
  printf("after exec: mark %d, usage %d, faults %d\n", size("VmHWM") < 8000, usage(RUSAGE_SELF).ru_maxrss > 8000 * 4,
         faults(RUSAGE_SELF) >= 8000);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    afterExec();
    return 0;
  }
  memory();
  faultsOfAProcess();
  faultsOfAThread();
  faultsOfChildren();
  switches();
  fflush(stdout);
  touch(pages(8000), 8000);
  execl("/proc/self/exe", "guest", "again", (char *)0);
  perror("exec");
  return 1;
}
