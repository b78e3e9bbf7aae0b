// Files under the current directory: reading what is there, making, renaming, linking, removing, listing.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
  char *names[100];
  int n = 0;
  DIR *directory = opendir(path);
  if (!directory) {
    printf("%s: error %d\n", path, errno);
    return;
  }
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    char line[300];
    sprintf(line, "%s(%d)", entry->d_name, entry->d_type);
    names[n++] = strdup(line);
  }
  closedir(directory);
  qsort(names, n, sizeof *names, by_name);
  printf("%s:", path);
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}

static int error(int result) { return result < 0 ? errno : 0; }

int main(void) {
  char buffer[200] = {0};
  struct stat st;
  FILE *file = fopen("given/text", "r");
  while (fgets(buffer, sizeof buffer, file)) printf("line %s", buffer);
  fclose(file);
  int stated = stat("given/text", &st);
  printf("stat %d size %ld mode %o type %d\n", stated, (long)st.st_size, st.st_mode & 0777, S_ISREG(st.st_mode));
  printf("missing %d, not a directory %d\n", error(open("given/none", O_RDONLY)), error(open("given/text/x", O_RDONLY)));
  printf("directory for writing %d, empty path %d\n", error(open("given", O_WRONLY)), error(open("", O_RDONLY)));
  list("given");
  int length = readlink("given/link", buffer, sizeof buffer);
  printf("link %.*s\n", length, buffer);
  stated = lstat("given/link", &st);
  printf("lstat is link %d, ", S_ISLNK(st.st_mode));
  stated = stat("given/link", &st);
  printf("stat is file %d size %ld\n", S_ISREG(st.st_mode), (long)st.st_size);
  printf("loop %d\n", error(open("given/loop", O_RDONLY)));
  printf("up and down %d\n", error(open("given/../given/./text", O_RDONLY)));
  printf("access %d %d\n", access("given/text", R_OK), access("given/none", F_OK));

  mkdir("made", 0755);
  printf("again %d\n", error(mkdir("made", 0755)));
  int fd = open("made/file", O_RDWR | O_CREAT | O_EXCL, 0600);
  printf("exclusive %d\n", error(open("made/file", O_RDWR | O_CREAT | O_EXCL, 0600)));
  struct iovec parts[] = {{"hello ", 6}, {"world", 5}};
  printf("writev %zd", writev(fd, parts, 2));
  printf(", at %ld\n", (long)lseek(fd, 0, SEEK_CUR));
  pwrite(fd, "H", 1, 0);
  lseek(fd, 100, SEEK_SET);
  write(fd, "far", 3);
  fstat(fd, &st);
  pread(fd, buffer, 103, 0);
  printf("size %ld mode %o: %s, hole %d, %s\n", (long)st.st_size, st.st_mode & 0777, buffer, buffer[50], buffer + 100);
  ftruncate(fd, 5);
  printf("end %ld", (long)lseek(fd, 0, SEEK_END));
  printf(" negative %d\n", error(lseek(fd, -10, SEEK_CUR)));
  int copy = dup(fd);
  lseek(fd, 1, SEEK_SET);
  memset(buffer, 0, sizeof buffer);
  read(copy, buffer, 10);
  printf("shared offset: %s\n", buffer);
  close(copy);
  close(fd);
  fd = open("made/file", O_WRONLY | O_APPEND);
  write(fd, "!", 1);
  printf("read a write-only file %d\n", error(read(fd, buffer, 1)));
  close(fd);
  file = fopen("made/file", "r");
  fgets(buffer, sizeof buffer, file);
  printf("appended: %s\n", buffer);
  fclose(file);

  printf("link %d symlink %d\n", error(link("made/file", "made/hard")), error(symlink("file", "made/soft")));
  stat("made/hard", &st);
  printf("links %d\n", (int)st.st_nlink);
  list("made");
  printf("rename %d\n", error(rename("made/hard", "made/renamed")));
  printf("rmdir full %d\n", error(rmdir("made")));
  printf("unlink a directory %d\n", error(unlink("made")));
  chdir("made");
  printf("cwd ends in %s\n", strrchr(getcwd(buffer, sizeof buffer), '/') + 1);
  list(".");
  chdir("..");
  int directory = open("made", O_RDONLY | O_DIRECTORY);
  fd = openat(directory, "soft", O_RDONLY);
  printf("openat %zd\n", read(fd, buffer, 100));
  unlinkat(directory, "file", 0);
  printf("still readable %zd\n", pread(fd, buffer, 100, 0));
  unlinkat(directory, "soft", 0);
  unlinkat(directory, "renamed", 0);
  list("made");
  close(directory);
  printf("rmdir %d\n", error(rmdir("made")));
  list("made");

  printf("null %zd %zd\n", write(open("/dev/null", O_WRONLY), "x", 1), read(open("/dev/null", O_RDONLY), buffer, 9));
  printf("zero %zd", read(open("/dev/zero", O_RDONLY), buffer, 9));
  printf(" %d\n", buffer[8]);
  printf("random %zd\n", read(open("/dev/urandom", O_RDONLY), buffer, 9));
  printf("full %d\n", error(write(open("/dev/full", O_WRONLY), "x", 1)));

  fd = open("offsets", O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fork() == 0) {
    write(fd, "child", 5);
    _exit(0);
  }
  wait(0);
  write(fd, "parent", 6);
  memset(buffer, 0, sizeof buffer);
  pread(fd, buffer, 50, 0);
  printf("one offset: %s\n", buffer);
  unlink("offsets");
  printf("fcntl %d %d\n", fcntl(fd, F_GETFL) & O_ACCMODE, fcntl(fd, F_DUPFD, 50));
  printf("bad pointers %d %d %d\n", error(write(fd, (void *)8, 5)), error(open((char *)8, O_RDONLY)), error(stat("given", (void *)8)));
  char *name = malloc(5000);
  memset(name, 'n', 4999);
  name[4999] = 0;
  printf("too long %d", error(open(name, O_RDONLY)));
  name[300] = 0;
  printf(" %d\n", error(open(name, O_RDONLY)));
  printf("tty %d\n", isatty(0));
  return 0;
}
