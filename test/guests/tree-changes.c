/* Changes what it finds in the current directory in every way that a tree can be changed, and says how that went. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, long result) {
  printf("%s: %s\n", what, result == -1 ? strerror(errno) : "done");
}

static long put(const char *name, int flags, const char *text) {
  int fd = open(name, O_WRONLY | flags, 0640);
  return fd < 0 ? fd : write(fd, text, strlen(text));
}

int main(void) {
  say("make a file", put("made", O_CREAT | O_EXCL, "made\n"));
  say("append", put("text", O_APPEND, "appended\n"));
  say("truncate", truncate("long", 3));
  say("make a directory", mkdir("new", 0750));
  say("make a file there", put("new/inside", O_CREAT, "inside\n"));
  say("remove", unlink("gone"));
  say("move a directory", rename("tree", "moved"));
  say("put a file in its place", put("tree", O_CREAT, "a file now\n"));
  say("link", symlink("../outside", "link"));
  say("replace a link by a file", unlink("way-out") || put("way-out", O_CREAT, "mine\n") < 0 ? -1 : 0);
  say("change permissions", chmod("text", 0600));
  say("look for write permission", access("text", W_OK));
  int fd = open("mapped", O_RDWR);
  char *mapped = fd < 0 ? MAP_FAILED : mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) memcpy(mapped, "MAPPED", 6);
  say("write through a mapping", mapped == MAP_FAILED ? -1 : 0);
  say("leave through ..", put("../../../outside", O_CREAT, "escaped\n"));
  say("leave through a link", put("dangling", O_CREAT, "escaped\n"));
  return 0;
}
