/* inotify: what is told of a directory and of files in it, cookies, merging, one-shot and masks, removal, overflow of a read. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "asleep.h"

#define SHOW(call) do { errno = 0; long result = (long)(call); printf("%s = %ld %s\n", #call, result, result < 0 ? strerrorname_np(errno) : ""); fflush(stdout); } while (0)

static int n;

static void drain(const char *what) {
  static const char *names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE",
                                "DELETE_SELF", "MOVE_SELF", "", "UNMOUNT", "OVERFLOW", "IGNORED"};
  char buffer[4096];
  static unsigned last;
  printf("%s:", what);
  long got;
  while ((got = read(n, buffer, sizeof buffer)) > 0)
    for (char *at = buffer; at < buffer + got;) {
      struct inotify_event *e = (struct inotify_event *)at;
      printf(" %d", e->wd);
      for (int i = 0; i < 16; i++)
        if (e->mask & 1u << i) printf(" %s", names[i]);
      if (e->mask & IN_ISDIR) printf(" dir");
      if (e->cookie) {
        printf(e->cookie == last ? " same" : " cookie");
        last = e->cookie;
      }
      if (e->len) printf(" %s+%u", e->name, e->len);
      printf(";");
      at += sizeof *e + e->len;
    }
  printf("\n");
  fflush(stdout);
}

int main(void) {
  SHOW(inotify_init1(77));
  n = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  mkdir("d", 0700);
  mkdir("e", 0700);
  SHOW(inotify_add_watch(n, "d", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(n, "missing", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(n, "given/text", IN_ALL_EVENTS | IN_ONLYDIR));
  SHOW(inotify_add_watch(n, "d", 0));
  SHOW(inotify_add_watch(0, "d", IN_OPEN));
  SHOW(inotify_add_watch(n, "d", IN_ALL_EVENTS | IN_MASK_CREATE));
  drain("nothing");
  int fd = open("d/file", O_RDWR | O_CREAT, 0600);
  drain("create");
  write(fd, "12345", 5);
  write(fd, "12345", 5);
  drain("write twice");
  char c[16];
  pread(fd, c, 4, 0);
  drain("read");
  ftruncate(fd, 3);
  fchmod(fd, 0640);
  drain("truncate, chmod");
  int copy = dup(fd);
  close(fd);
  drain("close one of two");
  close(copy);
  drain("close");
  SHOW(inotify_add_watch(n, "d/file", IN_ALL_EVENTS));
  fd = open("d/file", O_RDONLY);
  close(fd);
  drain("open and close");
  truncate("d/file", 1);
  drain("truncate");
  link("d/file", "d/other");
  drain("link");
  rename("d/file", "d/renamed");
  drain("rename");
  rename("d/other", "e/moved");
  drain("move out");
  rename("e/moved", "d/back-with-a-long-name");
  drain("move in");
  mkdir("d/sub", 0700);
  rmdir("d/sub");
  symlink("x", "d/link");
  unlink("d/link");
  mkfifo("d/fifo", 0600);
  unlink("d/fifo");
  drain("others");
  unlink("d/back-with-a-long-name");
  drain("unlink one");
  fd = open("d/renamed", O_WRONLY);
  unlink("d/renamed");
  drain("unlink an open one");
  close(fd);
  drain("close it");
  fd = open("d", O_RDONLY | O_DIRECTORY);
  close(fd);
  drain("open the directory");
  close(creat("d/a", 0600));
  close(creat("d/b", 0600));
  drain("two");
  rename("d/a", "d/b");
  drain("rename over");
  mkdir("d/sub", 0700);
  inotify_add_watch(n, "d/sub", IN_ALL_EVENTS);
  inotify_add_watch(n, "d/b", IN_ALL_EVENTS);
  close(creat("d/c", 0600));
  rename("d/c", "d/b");
  inotify_add_watch(n, "d/b", IN_ALL_EVENTS);
  drain("rename over a watched one");
  unlink("d/b");
  rmdir("d/sub");
  drain("remove watched ones");
  SHOW(inotify_add_watch(n, "e", IN_CREATE | IN_ONESHOT));
  close(creat("e/1", 0600));
  close(creat("e/2", 0600));
  drain("one shot");
  SHOW(inotify_add_watch(n, "e", IN_CREATE));
  SHOW(inotify_add_watch(n, "e", IN_DELETE | IN_MASK_ADD));
  close(creat("e/3", 0600));
  unlink("e/3");
  drain("added mask");
  SHOW(inotify_add_watch(n, "e", IN_DELETE));
  close(creat("e/3", 0600));
  unlink("e/3");
  int pending;
  ioctl(n, FIONREAD, &pending);
  printf("pending %d\n", pending);
  struct pollfd p = {.fd = n, .events = POLLIN};
  SHOW(poll(&p, 1, 0));
  SHOW(read(n, c, 10));
  drain("replaced mask");
  SHOW(poll(&p, 1, 0));
  SHOW(inotify_rm_watch(n, 7));
  SHOW(inotify_rm_watch(n, 7));
  SHOW(inotify_rm_watch(0, 7));
  drain("removed");
  unlink("e/1");
  unlink("e/2");
  rmdir("e");
  drain("not watched");
  SHOW(inotify_add_watch(n, "d", IN_DELETE_SELF | IN_MOVE_SELF));
  rename("d", "dd");
  drain("move self");
  unlink("dd/b");
  rmdir("dd");
  drain("remove self");

  fcntl(n, F_SETFL, 0);
  mkdir("f", 0700);
  inotify_add_watch(n, "f", IN_CREATE);
  fflush(stdout);
  if (fork() == 0) {
    untilAsleep(getppid());
    mkdir("f/late", 0700);
    _exit(0);
  }
  char buffer[100];
  SHOW(read(n, buffer, 100));
  wait(0);
  return 0;
}
