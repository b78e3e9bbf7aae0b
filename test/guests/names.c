/* Prints addresses with what C calls them, and stops in `here`, whose callers' variables are then alive. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
  int value;
  char name[12];
  struct node *next;
};
struct config {
  double ratio;
  unsigned low : 3, high : 20;
  union {
    int i;
    float f;
  } u;
  union {
    long tag;
    char bytes[8];
  };
};

#define SAY(object) printf("%p %s\n", (void *)&(object), #object)
#define SAY_IN(object, function) printf("%p %s in " function "\n", (void *)&(object), #object)

static int shared_counter = 10;
struct config config = {1.5};
struct node table[32];
static long matrix[3][5];
static char big[64 * 1024] = "big";
const char *message = "a text that is a constant";
static __thread int per_thread = 4;
__thread long outside;
struct node *list;
static int *numbers;
char *text;
void *raw;
int *lost;
struct node *freed;
static pthread_barrier_t barrier;

__attribute__((noinline)) void here(void) { __asm__ volatile("" ::: "memory"); }

static int calls(int by) {
  static int count;
  static struct config past[2];
  count += by;
  SAY(count);
  SAY(past[1].u);
  return count;
}

static int recurse(int n) {
  int depth[4] = {n};
  if (n == 0) {
    here();
    return depth[0];
  }
  return recurse(n - 1) + depth[1];
}

static struct node *push(struct node *head, int value) {
  struct node *n = malloc(sizeof *n);
  n->value = value;
  snprintf(n->name, sizeof n->name, "node%d", value);
  n->next = head;
  return n;
}

static void *thread(void *argument) {
  int in_thread = 3;
  struct node own = {1};
  pthread_attr_t attributes;
  void *stack;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &stack, &size);
  printf("%p guard\n", (void *)((char *)stack - 8));
  printf("%p per_thread of another\n", (void *)&per_thread);
  SAY_IN(in_thread, "thread");
  SAY_IN(own.next, "thread");
  fflush(stdout);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return argument;
}

int main(int argc, char **argv) {
  int local = 1;
  struct node nodes[3] = {{1}};
  char buffer[100] = "buffer";
  for (int i = 0; i < 5; i++)
    list = push(list, i);
  numbers = malloc(100000 * sizeof *numbers);
  text = strdup("a text on the heap");
  raw = calloc(1, 200);
  struct node *only_here = malloc(10 * sizeof *only_here);
  freed = malloc(sizeof *freed);
  lost = malloc(64);
  free(freed);
  printf("%p lost\n", (void *)lost);
  lost = 0;
  SAY(shared_counter);
  SAY(config);
  SAY(config.u);
  SAY(config.tag);
  SAY(table[17].next);
  SAY(table[31].name[11]);
  SAY(matrix[2][4]);
  SAY(big[40000]);
  SAY(message);
  SAY(list);
  SAY_IN(local, "main");
  SAY_IN(nodes[2].next, "main");
  SAY_IN(buffer[99], "main");
  SAY(list->value);
  SAY(list->next);
  SAY(list->next->name[3]);
  SAY(list->next->next->next->next->value);
  SAY(numbers[99999]);
  SAY(text[7]);
  SAY_IN(only_here[4].next, "main");
  SAY(per_thread);
  SAY(outside);
  printf("%p freed\n", (void *)freed);
  printf("%p raw\n", raw);
  printf("%p function main\n", (void *)main);
  printf("%p constant\n", (void *)message);
  printf("%p argv0\n", (void *)argv[0]);
  printf("%p argv\n", (void *)&argv[0]);
  void *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  printf("%p shared\n", shared);
  calls(2);
  pthread_barrier_init(&barrier, 0, 2);
  pthread_t other;
  pthread_create(&other, 0, thread, 0);
  pthread_barrier_wait(&barrier);
  fflush(stdout);
  recurse(3);
  pthread_barrier_wait(&barrier);
  pthread_join(other, 0);
  return local + argc + only_here[4].value;
}
