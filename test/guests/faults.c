/* Ends by a fault of the kind that its argument names. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct point {
  long x, y;
};
struct node {
  int value;
  struct node *next;
  struct point at[4];
};
struct operations {
  int (*open)(int);
  int (*close)(int);
};

static int array[1024];
static long matrix[4][8];
static const int constants[4] = {1, 2, 3, 4};
static struct node *list;
static struct operations operations;
static int *volatile table[3];
static char name[16] = "name";

static int deep(int n) {
  volatile char pad[2000];
  pad[0] = n;
  return n ? deep(n - 1) + pad[0] : 0;
}
static int odd(int n);
static int even(int n) { return n == 0 ? 1 : odd(n - 1) + 1; }
static int odd(int n) { return n == 0 ? 0 : even(n - 1) + 1; }
static void *in_thread(void *argument) {
  *(int *)argument = deep(1000000);
  return argument;
}
static struct node *find(int value) { return value > 0 ? list : NULL; }
static int length_of(const char *text) { return (int)strlen(text); }
static volatile int smashed;
static char from[1] = {0x41};
__attribute__((noinline)) static void smash(void) {
  volatile char buffer[8];
  for (smashed = 0; smashed < 64; smashed++)
    buffer[smashed] = from[0];
  getppid();
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "";
  int i = 200000, zero = 0, local[10] = {0};
  int *p = NULL;
  struct node one = {1, NULL, {{0}}};
  list = &one;
  struct node *n = &one;
#define IS(word) (strcmp(kind, word) == 0)
  if (IS("null")) *p = 1;
  if (IS("null-load")) return *p;
  if (IS("null-element")) p[3] = 1;
  if (IS("null-member")) n->next->value = 1;
  if (IS("null-far-member")) n->next->at[2].y = 1;
  if (IS("null-list")) return list->next->next->value;
  if (IS("index")) array[i] = 1;
  if (IS("index-negative")) array[-i] = 1;
  if (IS("index-plus")) array[i + 4] = 1;
  if (IS("index-step"))
    for (i = 0;;)
      array[i++] = 7;
  if (IS("matrix")) matrix[i][3] = 1;
  if (IS("local-index")) local[i * 100] = 1;
  if (IS("member-index")) n->at[i].x = 1;
  if (IS("table")) *table[1] = 5;
  if (IS("text")) *(char *)"a constant" = 'b';
  if (IS("text-pointer")) {
    char *text = "another constant";
    text[3] = 'x';
  }
  if (IS("constant")) *(int *)&constants[2] = 1;
  if (IS("code")) *(int *)main = 1;
  if (IS("wild")) {
    p = (int *)0xdeadbeef000;
    *p = 1;
  }
  if (IS("kernel")) {
    p = (int *)0xffffffff80000000;
    *p = 1;
  }
  if (IS("small")) {
    p = (int *)8;
    *p = 1;
  }
  if (IS("unmapped")) {
    p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p, 4096);
    *p = 1;
  }
  if (IS("freed-large")) {
    p = malloc(1 << 20);
    free(p);
    p[5] = 1;
  }
  if (IS("read-only")) {
    p = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *p = 1;
  }
  if (IS("no-access")) {
    p = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p[1];
  }
  if (IS("past-file")) {
    int file = memfd_create("short", 0);
    p = mmap(0, 8192, PROT_READ, MAP_SHARED, file, 0);
    return p[100];
  }
  if (IS("heap-index")) {
    p = malloc(10 * sizeof *p);
    p[i] = 1;
  }
  if (IS("call-null")) {
    int (*callback)(int) = NULL;
    return callback(1);
  }
  if (IS("call-member")) return operations.close(3);
  if (IS("call-data")) {
    int (*callback)(int) = (int (*)(int))(void *)array;
    return callback(1);
  }
  if (IS("strlen")) return length_of(NULL);
  if (IS("strcpy")) strcpy(name, (char *)n->next);
  if (IS("memcpy")) memcpy((void *)p, name, sizeof name);
  if (IS("printf")) printf("%s and %s\n", name, (char *)0x1234567);
  if (IS("find")) return find(zero)->value;
  if (IS("overflow")) return deep(1000000);
  if (IS("overflow-mutual")) return even(10000000);
  if (IS("overflow-thread")) {
    pthread_t thread;
    pthread_create(&thread, 0, in_thread, &zero);
    pthread_join(thread, 0);
  }
  if (IS("return")) {
    smash();
  }
  if (IS("atomic")) __atomic_fetch_add((int *)(name + 1), 1, __ATOMIC_SEQ_CST);
  if (IS("trap")) __asm__ volatile("ebreak");
  if (IS("unimp")) __asm__ volatile(".word 0xc0001073");
  if (IS("vector")) __asm__ volatile(".word 0x0c05f557");
  if (IS("abort")) abort();
  if (IS("assert")) assert(argc > 5);
  if (IS("double-free")) {
    p = malloc(8);
    free(p);
    free(p);
  }
  if (IS("kill")) kill(getpid(), SIGTERM);
  printf("%d %ld\n", array[0] + constants[1] + local[1], matrix[0][0]);
  return 0;
}
