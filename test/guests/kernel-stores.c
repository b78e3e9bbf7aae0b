/* Pages that a fork shares are written by the kernel: in system calls, for a signal, at a start and at an end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define ON_PAGES __attribute__((aligned(PAGE)))

struct item {
  int key, value;
};

static ON_PAGES char buffer[PAGE];
static ON_PAGES int status[PAGE / 4];
static ON_PAGES char handlers[4 * PAGE];
static ON_PAGES struct { struct robust_list_head head; struct robust_list entry; unsigned word; char rest[PAGE - 64]; } locks;
static ON_PAGES struct item table[PAGE / sizeof(struct item)];
static ON_PAGES char filled[PAGE];

static void handler(int signal) { (void)signal; }

int main(void) {
  int zero = open("/dev/zero", O_RDONLY);
  stack_t stack = {.ss_sp = handlers, .ss_size = sizeof handlers};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  memset(buffer, 1, PAGE), memset(status, 1, PAGE), memset(handlers, 1, sizeof handlers);
  memset(&locks, 1, sizeof locks), memset(table, 1, PAGE), memset(filled, 1, PAGE);
  if (fork() == 0) {
    struct item *one = &table[3];
    int i = 7;
    one->value = i;
    read(zero, buffer, 10);
    if (fork() == 0) _exit(0);
    wait(&status[5]);
    raise(SIGUSR1);
    locks.head.list.next = &locks.entry;
    locks.entry.next = &locks.head.list;
    locks.head.futex_offset = (char *)&locks.word - (char *)&locks.entry;
    locks.word = getpid();
    syscall(SYS_set_robust_list, &locks.head, sizeof locks.head);
    memset(filled, i, 10);
    if (fork() == 0) pause();
    _exit(0);
  }
  wait(0);
  char *fresh = malloc(200000);
  fresh[5] = 1;
  return 0;
}
