/* Advice that fork heeds, mremap's odd uses, memfd and seals, System V segments, other processes' memory, pidfd, O_PATH. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); } while (0)
#define OK(call) printf("%s: %s\n", #call, (call) ? "yes" : "no")

static char *map(int pages, int flags) {
  return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

static void advice(void) {
  char *a = map(4, MAP_PRIVATE);
  memset(a, 7, 4 * PAGE);
  SHOW(madvise(a, PAGE, MADV_DONTFORK));
  SHOW(madvise(a + PAGE, 2 * PAGE, MADV_WIPEONFORK));
  SHOW(madvise(a + 2 * PAGE, PAGE, MADV_KEEPONFORK));
  fflush(stdout);
  if (fork() == 0) {
    unsigned char r;
    printf("child: omitted %d, wiped %d, kept %d %d\n", mincore(a, PAGE, &r) < 0, a[PAGE], a[2 * PAGE], a[3 * PAGE]);
    a[PAGE] = 1;
    fflush(stdout);
    if (fork() == 0) {
      printf("grandchild: %d\n", a[PAGE]);
      fflush(stdout);
      _exit(0);
    }
    wait(0);
    _exit(0);
  }
  wait(0);
  printf("parent %d %d\n", a[0], a[PAGE]);
  char *s = map(1, MAP_SHARED);
  SHOW(madvise(s, PAGE, MADV_WIPEONFORK));
  SHOW(madvise(a, PAGE, 77));
  SHOW(madvise(a + 1, PAGE, MADV_NORMAL));
  munmap(a + PAGE, PAGE);
  SHOW(madvise(a, 3 * PAGE, MADV_WILLNEED));
  char *p = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  unsigned char r[4];
  SHOW(mincore(p, 4 * PAGE, r));
  printf("present %d %d\n", r[0] & 1, r[3] & 1);
  SHOW(mlock(p, 4 * PAGE));
  SHOW(munlock(p, PAGE));
  munmap(p + PAGE, PAGE);
  SHOW(mlock(p, 4 * PAGE));
}

static void remapping(void) {
  char *a = map(2, MAP_PRIVATE);
  strcpy(a, "moved");
  char *b = mremap(a, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  printf("%s, and the old place holds \"%s\"\n", b, a);
  SHOW(mremap(a, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  SHOW(mremap(a, 0, PAGE, MREMAP_MAYMOVE));
  char *s = map(1, MAP_SHARED);
  strcpy(s, "twice");
  char *t = mremap(s, 0, PAGE, MREMAP_MAYMOVE);
  t[0] = 'T';
  printf("%s %d\n", s, s != t);
}

static void memfd(void) {
  int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  SHOW(ftruncate(fd, 8192));
  SHOW(fcntl(fd, F_GET_SEALS));
  char *w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  strcpy(w, "through the mapping");
  char b[32] = "";
  SHOW(pread(fd, b, 19, 0));
  puts(b);
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(munmap(w, PAGE));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
  SHOW(write(fd, "x", 1));
  SHOW(ftruncate(fd, 4096));
  SHOW(ftruncate(fd, 16384));
  SHOW((long)mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(fcntl(fd, F_GET_SEALS));
  SHOW(fcntl(0, F_GET_SEALS));
  SHOW(memfd_create("x", 0x800));
  close(fd);
  fd = shm_open("/pagewalk-shm", O_RDWR | O_CREAT, 0600);
  OK(fd >= 0);
  ftruncate(fd, PAGE);
  w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fork() == 0) {
    w[5] = 42;
    _exit(0);
  }
  wait(0);
  printf("%d\n", w[5]);
  SHOW(shm_unlink("/pagewalk-shm"));
  SHOW(shm_open("/pagewalk-shm", O_RDWR, 0));
  close(fd);
  /* Stores to a shared mapping are in the file, also after it is unmapped and through another descriptor. */
  fd = open("shared.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "0123456789", 10);
  w = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  memcpy(w, "abc", 3);
  SHOW(msync(w, PAGE, MS_SYNC));
  munmap(w, PAGE);
  fd = open("shared.tmp", O_RDONLY);
  SHOW(read(fd, b, 32));
  printf("%.10s\n", b);
  close(fd);
  unlink("shared.tmp");
}

static void segments(void) {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  OK(id >= 0);
  char *a = shmat(id, 0, 0), *b = shmat(id, 0, SHM_RDONLY);
  OK(a != b && a != (char *)-1 && b != (char *)-1);
  strcpy(a, "segment");
  puts(b);
  if (fork() == 0) {
    a[0] = 'S';
    struct shmid_ds d;
    shmctl(id, IPC_STAT, &d);
    _exit(d.shm_nattch);
  }
  int status;
  wait(&status);
  printf("%s, attached %d times\n", b, WEXITSTATUS(status));
  struct shmid_ds d;
  SHOW(shmctl(id, IPC_STAT, &d));
  printf("%lu bytes, %lu attached, mode %o, ours %d\n", d.shm_segsz, d.shm_nattch, d.shm_perm.mode, d.shm_cpid == getpid());
  SHOW(shmctl(id, IPC_RMID, 0));
  SHOW(shmdt(a));
  puts(b);
  SHOW(shmdt(b));
  SHOW(shmdt(b));
  SHOW((long)shmat(id, 0, 0));
  SHOW(shmget(0x7061, 0, IPC_CREAT));
  SHOW(shmget(0x70617765, 4096, 0));
}

static void others(void) {
  char *a = map(2, MAP_PRIVATE);
  int p[2];
  pipe(p);
  pid_t child = fork();
  if (child == 0) {
    strcpy(a, "the child's");
    write(p[1], "x", 1);
    pause();
    _exit(0);
  }
  char b[64] = "";
  read(p[0], b, 1);
  struct iovec l[2] = {{b, 4}, {b + 10, 8}}, r = {a, 12};
  SHOW(process_vm_readv(child, l, 2, &r, 1, 0));
  printf("%.4s|%.8s\n", b, b + 10);
  struct iovec bad = {(void *)16, 4};
  SHOW(process_vm_readv(child, l, 2, &bad, 1, 0));
  SHOW(process_vm_readv(child, l, 2, &r, 1, 9));
  int fd = syscall(SYS_pidfd_open, child, 0);
  OK(fd >= 0);
  struct pollfd f = {fd, POLLIN, 0};
  SHOW(poll(&f, 1, 0));
  SHOW(syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
  SHOW(poll(&f, 1, 5000));
  siginfo_t info;
  SHOW(waitid(3, fd, &info, WEXITED));
  printf("%d %d\n", info.si_code, info.si_status);
  SHOW(syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
  SHOW(syscall(SYS_pidfd_open, -1, 0));
  close(fd);
}

static int beneath(const char *path, int resolve) {
  int dir = open("made", O_PATH | O_DIRECTORY);
  struct open_how how = {.flags = O_RDONLY, .resolve = resolve};
  int fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
  int error = errno;
  close(dir);
  if (fd >= 0) close(fd);
  errno = error;
  return fd < 0 ? -1 : 0;
}

static void paths(void) {
  mkdir("made", 0755);
  mkdir("made/etc", 0755);
  close(open("made/file", O_CREAT | O_WRONLY, 0644));
  close(open("made/etc/x", O_CREAT | O_WRONLY, 0644));
  symlink("file", "made/link");
  symlink("/etc/x", "made/absolute");
  char b[16] = "";
  struct stat st;
  int fd = open("made/file", O_PATH);
  SHOW(read(fd, b, 1));
  SHOW(fstat(fd, &st));
  SHOW(fchmod(fd, 0600));
  SHOW(ftruncate(fd, 0));
  close(fd);
  fd = open("made/link", O_PATH | O_NOFOLLOW);
  fstat(fd, &st);
  printf("a link: %d\n", S_ISLNK(st.st_mode));
  SHOW(readlinkat(fd, "", b, sizeof b));
  close(fd);
  SHOW(beneath("file", RESOLVE_BENEATH));
  SHOW(beneath("../made/file", RESOLVE_BENEATH));
  SHOW(beneath("/etc/x", RESOLVE_BENEATH));
  SHOW(beneath("absolute", RESOLVE_BENEATH));
  SHOW(beneath("link", RESOLVE_BENEATH));
  SHOW(beneath("link", RESOLVE_NO_SYMLINKS));
  SHOW(beneath("absolute", RESOLVE_IN_ROOT));
  SHOW(beneath("../../etc/x", RESOLVE_IN_ROOT));
  SHOW(beneath("file", 0x80000));
  unlink("made/file"), unlink("made/etc/x"), unlink("made/link"), unlink("made/absolute");
  SHOW(rmdir("made/etc"));
  SHOW(rmdir("made"));
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  advice();
  remapping();
  memfd();
  segments();
  others();
  paths();
  return 0;
}
