/* The *at family: directories as starting points, their flags, and every error that is theirs. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (long)(call); printf("%s = %ld %s\n", #call, r, r < 0 ? strerrorname_np(errno) : ""); } while (0)
#define OPENS(call) do { errno = 0; int f = (call); printf("%s %s\n", #call, f < 0 ? strerrorname_np(errno) : "opened"); if (f >= 0) close(f); } while (0)

static struct stat st;
static char b[300];

static void opening(int d, int file) {
  OPENS(openat(d, "given/text", O_RDONLY));
  OPENS(openat(d, "x", O_RDONLY));
  OPENS(openat(d, "x", O_RDWR | O_CREAT | O_EXCL, 0640));
  OPENS(openat(d, "x", O_RDWR | O_CREAT | O_EXCL, 0640));
  OPENS(openat(d, "x", O_RDONLY | O_DIRECTORY));
  OPENS(openat(d, "x/y", O_RDONLY));
  OPENS(openat(d, "", O_RDONLY));
  OPENS(openat(file, "x", O_RDONLY));
  OPENS(openat(99, "x", O_RDONLY));
  OPENS(openat(99, "/", O_RDONLY | O_DIRECTORY));
  OPENS(openat(d, ".", O_WRONLY));
  OPENS(openat(d, "no/x", O_RDWR | O_CREAT, 0600));
  OPENS(openat(d, "new/", O_RDWR | O_CREAT, 0600));
  OPENS(openat(d, "dangling", O_RDONLY));
  OPENS(openat(d, "dangling", O_RDONLY | O_NOFOLLOW));
  OPENS(openat(d, "link", O_RDONLY | O_NOFOLLOW));
  OPENS(openat(d, "dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
  OPENS(openat(d, "made-by-link", O_RDWR | O_CREAT, 0600));
  int t = openat(d, ".", O_TMPFILE | O_RDWR, 0600);
  printf("unnamed: %d\n", t >= 0);
  SHOW(write(t, "tmp", 3));
  SHOW(fstat(t, &st));
  printf("links %d size %d\n", (int)st.st_nlink, (int)st.st_size);
  close(t);
}

static void stating(int d, int file) {
  SHOW(fstatat(d, "x", &st, 0));
  printf("mode %o links %d\n", st.st_mode, (int)st.st_nlink);
  SHOW(fstatat(d, "link", &st, AT_SYMLINK_NOFOLLOW));
  printf("mode %o size %d\n", st.st_mode & S_IFMT, (int)st.st_size);
  SHOW(fstatat(d, "dangling", &st, 0));
  SHOW(fstatat(file, "", &st, AT_EMPTY_PATH));
  printf("size %d\n", (int)st.st_size);
  SHOW(fstatat(d, "", &st, 0));
  SHOW(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
  printf("a directory: %d\n", S_ISDIR(st.st_mode));
  SHOW(fstatat(d, "x", &st, 0x40000));
  struct statx x;
  SHOW(statx(d, "x", 0, STATX_BASIC_STATS, &x));
  printf("mode %o size %d blocks of %d\n", x.stx_mode, (int)x.stx_size, x.stx_blksize);
  SHOW(statx(d, "x", 0, 0x80000000, &x));
  SHOW(statx(d, "x", 0x6000, STATX_SIZE, &x));
  SHOW(faccessat(d, "x", R_OK | W_OK, 0));
  SHOW(faccessat(d, "x", 9, 0));
  SHOW(faccessat(d, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
  SHOW(syscall(SYS_faccessat2, d, "x", F_OK, 0x40000));
  SHOW(readlinkat(d, "link", b, sizeof b));
  printf("%.1s\n", b);
  SHOW(readlinkat(d, "x", b, sizeof b));
  SHOW(readlinkat(d, "link", b, 0));
  SHOW(readlinkat(d, "dangling", b, 3));
}

static void making(int d) {
  SHOW(mkdirat(d, "sub", 0755));
  SHOW(mkdirat(d, "sub", 0755));
  SHOW(mkdirat(d, "sub/", 0755));
  SHOW(mkdirat(d, "", 0755));
  SHOW(mkdirat(d, "no/x", 0755));
  SHOW(mkdirat(d, "sub/deep/", 0755));
  SHOW(mknodat(d, "node", S_IFREG | 0644, 0));
  SHOW(mknodat(d, "fifo", S_IFIFO | 0644, 0));
  SHOW(mknodat(d, "fifo", S_IFIFO | 0644, 0));
  SHOW(mknodat(d, "bad", S_IFDIR | 0644, 0));
  SHOW(symlinkat("to", d, "soft"));
  SHOW(symlinkat("to", d, "soft"));
  SHOW(symlinkat("", d, "empty"));
  SHOW(linkat(d, "x", d, "hard", 0));
  SHOW(linkat(d, "x", d, "hard", 0));
  SHOW(linkat(d, "sub", d, "directory", 0));
  SHOW(linkat(d, "soft", d, "soft2", 0));
  SHOW(linkat(d, "soft", d, "soft3", AT_SYMLINK_FOLLOW));
  SHOW(linkat(d, "x", d, "x2", 0x4));
  fstatat(d, "x", &st, 0);
  printf("links %d\n", (int)st.st_nlink);
  int t = openat(d, ".", O_TMPFILE | O_WRONLY, 0600);
  write(t, "named", 5);
  sprintf(b, "/proc/self/fd/%d", t);
  SHOW(linkat(AT_FDCWD, b, d, "from-tmpfile", AT_SYMLINK_FOLLOW));
  close(t);
  SHOW(fstatat(d, "from-tmpfile", &st, 0));
  printf("size %d\n", (int)st.st_size);
}

static void moving(int d) {
  SHOW(renameat(d, "node", d, "moved"));
  SHOW(renameat(d, "node", d, "moved"));
  SHOW(renameat(d, "moved", d, "sub"));
  SHOW(renameat(d, "sub", d, "moved"));
  SHOW(renameat(d, "sub", d, "sub/deep/er"));
  SHOW(renameat(d, "sub/deep", d, "sub"));
  SHOW(renameat(d, "x", d, "hard"));
  SHOW(renameat(d, "moved/", d, "y"));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "x", 1));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "sub", 2));
  fstatat(d, "moved", &st, 0);
  printf("exchanged: %d\n", S_ISDIR(st.st_mode));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "gone", 2));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "x", 3));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "x", 16));
  SHOW(syscall(SYS_renameat2, d, "moved", d, "sub", 2));
  SHOW(renameat(d, "..", d, "z"));
  SHOW(renameat(d, "sub/.", d, "z"));
}

static void times(int d) {
  int file = openat(d, "x", O_RDWR);
  struct timespec t[2] = {{1000, 5}, {2000, 7}};
  SHOW(utimensat(d, "x", t, 0));
  fstatat(d, "x", &st, 0);
  printf("%ld %ld %ld %ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  t[0].tv_nsec = UTIME_OMIT, t[1] = (struct timespec){3000, 0};
  SHOW(utimensat(d, "x", t, 0));
  fstatat(d, "x", &st, 0);
  printf("%ld %ld\n", (long)st.st_atim.tv_sec, (long)st.st_mtim.tv_sec);
  t[1].tv_nsec = 2000000000;
  SHOW(utimensat(d, "x", t, 0));
  SHOW(utimensat(d, "none", 0, 0));
  t[1].tv_nsec = 0;
  SHOW(utimensat(d, "dangling", t, AT_SYMLINK_NOFOLLOW));
  SHOW(utimensat(d, "dangling", t, 0));
  SHOW(futimens(file, t));
  close(file);
  SHOW(fchmodat(d, "x", 04711, 0));
  fstatat(d, "x", &st, 0);
  printf("mode %o\n", st.st_mode & 07777);
  SHOW(fchmodat(d, "dangling", 0600, 0));
  SHOW(fchownat(d, "x", -1, -1, 0));
  SHOW(fchownat(d, "none", -1, -1, 0));
}

static int by_name(const struct dirent **a, const struct dirent **c) { return strcmp((*a)->d_name, (*c)->d_name); }

static void removing(int d) {
  struct dirent **names;
  int n = scandirat(d, ".", &names, 0, by_name);
  for (int i = 0; i < n; i++) printf("%s(%d) ", names[i]->d_name, names[i]->d_type);
  printf("\n");
  SHOW(unlinkat(d, "sub", 0));
  SHOW(unlinkat(d, "sub", AT_REMOVEDIR));
  SHOW(unlinkat(d, "x", AT_REMOVEDIR));
  SHOW(unlinkat(d, "none", 0));
  SHOW(unlinkat(d, ".", AT_REMOVEDIR));
  SHOW(unlinkat(d, "x/", 0));
  SHOW(unlinkat(d, "x", 0x1));
  SHOW(unlinkat(d, "sub/deep", AT_REMOVEDIR));
  for (int i = 0; i < n; i++) unlinkat(d, names[i]->d_name, 0), unlinkat(d, names[i]->d_name, AT_REMOVEDIR);
  SHOW(unlinkat(AT_FDCWD, "base", AT_REMOVEDIR));
  SHOW(openat(d, "late", O_CREAT | O_WRONLY, 0600));
  SHOW(fstatat(d, ".", &st, 0));
  printf("links %d\n", (int)st.st_nlink);
  n = scandirat(d, ".", &names, 0, by_name);
  printf("%d entries\n", n);
}

int main(void) {
  umask(022);
  mkdir("base", 0755);
  int d = open("base", O_RDONLY | O_DIRECTORY), file = open("given/text", O_RDONLY);
  symlink("x", "base/link"), symlink("nowhere", "base/dangling"), symlink("target", "base/made-by-link");
  opening(d, file);
  stating(d, file);
  making(d);
  moving(d);
  times(d);
  removing(d);
  return 0;
}
