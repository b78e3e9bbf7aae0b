/*
 * Processes that share memory, for what watching over it costs. The first argument says what they do:
 *   cow MEGABYTES ROUNDS   a child writes all pages that it shares with its parent, the parent half of them
 *   fork MEGABYTES ROUNDS  children that end at once
 *   tree DEPTH             a binary tree of processes, each writes half of its pages
 *   wait CHILDREN          children that wait, until all of them are woken
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static char *memory;
static size_t bytes;

static char *map(size_t megabytes) {
  bytes = megabytes << 20;
  memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(1);
  for (size_t i = 0; i < bytes; i += PAGE) memory[i] = 1;
  return memory;
}

static void collect(void) {
  int status;
  while (wait(&status) > 0)
    if (status != 0) exit(2);
}

static void rounds(int count, int writes) {
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child < 0) exit(3);
    if (child == 0) {
      if (writes)
        for (size_t at = 0; at < bytes; at += PAGE) memory[at]++;
      _exit(0);
    }
    if (writes)
      for (size_t at = 0; at < bytes / 2; at += PAGE) memory[at]++;
    collect();
  }
}

static void tree(int depth) {
  for (size_t at = 0; at < bytes; at += 2 * PAGE) memory[at]++;
  for (int side = 0; depth > 0 && side < 2; side++) {
    pid_t child = fork();
    if (child < 0) exit(3);
    if (child == 0) {
      tree(depth - 1);
      _exit(0);
    }
  }
  collect();
}

static void crowd(int children) {
  int gate[2];
  char byte = 0;
  if (pipe(gate) != 0) exit(4);
  for (int i = 0; i < children; i++) {
    pid_t child = fork();
    if (child < 0) exit(3);
    if (child == 0) _exit(read(gate[0], &byte, 1) == 1 ? 0 : 1);
  }
  for (int i = 0; i < children; i++)
    if (write(gate[1], &byte, 1) != 1) exit(5);
  collect();
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  int first = argc > 2 ? atoi(argv[2]) : 1, second = argc > 3 ? atoi(argv[3]) : 1;
  if (strcmp(what, "cow") == 0 || strcmp(what, "fork") == 0) {
    map(first);
    rounds(second, what[0] == 'c');
  } else if (strcmp(what, "tree") == 0) {
    map(1);
    tree(first);
  } else if (strcmp(what, "wait") == 0)
    crowd(first);
  else
    return 1;
  puts("done");
  return 0;
}
