/* Pointer chasing: a random cycle through some megabytes, a treap, and a graph walk: every load waits for the one before. */
#include "bench.h"

#define LINKS (1u << 18) /* 4 MiB of 16-byte links */
typedef struct link {
  struct link *next;
  uint64_t value;
} link;
static link links[LINKS];

/* Sattolo's algorithm: one cycle through all of them. */
static void make_cycle(uint64_t *random) {
  static uint32_t places[LINKS];
  for (uint32_t i = 0; i < LINKS; i++) places[i] = i;
  for (uint32_t i = LINKS - 1; i > 0; i--) {
    uint32_t j = (uint32_t)(next_random(random) % i), swapped = places[i];
    places[i] = places[j];
    places[j] = swapped;
  }
  for (uint32_t i = 0; i < LINKS; i++) links[i] = (link){.next = &links[places[i]], .value = i};
}

static NOINLINE uint64_t walk(uint32_t steps) {
  uint64_t sum = 0;
  link *at = links;
  for (uint32_t i = 0; i < steps; i++) {
    sum += at->value;
    at = at->next;
  }
  return sum;
}

typedef struct treap {
  struct treap *left, *right;
  uint32_t key, priority;
} treap;
#define KEYS 8192
static treap pool[KEYS];
static uint32_t allocated;

static treap *insert(treap *root, uint32_t key, uint32_t priority) {
  if (!root) {
    treap *fresh = &pool[allocated++];
    *fresh = (treap){.key = key, .priority = priority};
    return fresh;
  }
  if (key < root->key) {
    root->left = insert(root->left, key, priority);
    if (root->left->priority > root->priority) {
      treap *up = root->left;
      root->left = up->right;
      up->right = root;
      return up;
    }
  } else if (key > root->key) {
    root->right = insert(root->right, key, priority);
    if (root->right->priority > root->priority) {
      treap *up = root->right;
      root->right = up->left;
      up->left = root;
      return up;
    }
  }
  return root;
}

static NOINLINE int depth_of(const treap *root, uint32_t key) {
  int depth = 0;
  while (root && root->key != key) {
    root = key < root->key ? root->left : root->right;
    depth++;
  }
  return root ? depth : -depth;
}

static uint64_t sum_of(const treap *root) {
  return root ? sum_of(root->left) * 3 + root->key + sum_of(root->right) : 1;
}

#define NODES 4096
#define DEGREE 8
typedef struct node {
  struct node *neighbours[DEGREE];
  uint32_t visited;
} node;
static node graph[NODES];

static NOINLINE uint32_t breadth_first(node *from, uint32_t mark) {
  static node *queue[NODES];
  uint32_t head = 0, tail = 0, distance_sum = 0;
  queue[tail++] = from;
  from->visited = mark;
  while (head < tail) {
    node *at = queue[head++];
    for (int i = 0; i < DEGREE; i++) {
      node *neighbour = at->neighbours[i];
      if (neighbour->visited == mark) continue;
      neighbour->visited = mark;
      distance_sum += head;
      queue[tail++] = neighbour;
    }
  }
  return distance_sum;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0, random = 0x853c49e6748fea9bu;
  make_cycle(&random);
  for (uint32_t i = 0; i < NODES; i++)
    for (int j = 0; j < DEGREE; j++) graph[i].neighbours[j] = &graph[next_random(&random) % NODES];
  for (long i = 0; i < size; i++) {
    hash = mixed(hash, walk(LINKS / 4));
    treap *root = NULL;
    allocated = 0;
    for (int j = 0; j < KEYS; j++) {
      uint64_t r = next_random(&random);
      root = insert(root, (uint32_t)(r & 0xffffff), (uint32_t)(r >> 32));
    }
    for (int j = 0; j < KEYS; j++) hash += (uint64_t)depth_of(root, (uint32_t)(next_random(&random) & 0xffffff));
    hash = mixed(hash, sum_of(root));
    hash = mixed(hash, breadth_first(&graph[i % NODES], (uint32_t)i + 1));
  }
  return bench_result(hash);
}
