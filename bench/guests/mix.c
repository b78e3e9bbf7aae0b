/* A mix after CoreMark: a linked list, small integer matrices, a state machine over text, and CRCs of it all. */
#include "bench.h"

static uint16_t crc_byte(uint16_t crc, uint8_t byte) {
  for (int i = 0; i < 8; i++) {
    int carry = (byte ^ crc) & 1;
    byte >>= 1;
    crc >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

static uint16_t crc_word(uint16_t crc, uint32_t word) {
  for (int i = 0; i < 4; i++, word >>= 8) crc = crc_byte(crc, word & 255);
  return crc;
}

/* ---- list ---- */

typedef struct node {
  struct node *next;
  int32_t key, place;
} node;

#define NODES 200
static node nodes[NODES];

static node *build_list(uint32_t seed) {
  node *head = NULL;
  for (int i = 0; i < NODES; i++) {
    seed = seed * 1103515245u + 12345u;
    nodes[i] = (node){.next = head, .key = seed >> 16 & 0x7fff, .place = i};
    head = &nodes[i];
  }
  return head;
}

static int by_key(const node *a, const node *b) { return a->key - b->key; }
static int by_place(const node *a, const node *b) { return a->place - b->place; }

static node *reverse(node *list) {
  node *reversed = NULL;
  while (list) {
    node *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static node *find(node *list, int key) {
  while (list && list->key != key) list = list->next;
  return list;
}

/* Bottom-up merge sort, in place. */
static NOINLINE node *sort(node *list, int (*compare)(const node *, const node *)) {
  for (int run = 1;; run *= 2) {
    node *left = list, *tail = NULL;
    int merges = 0;
    list = NULL;
    while (left) {
      node *right = left;
      int left_size = 0, right_size = run;
      merges++;
      while (left_size < run && right) {
        left_size++;
        right = right->next;
      }
      while (left_size > 0 || (right_size > 0 && right)) {
        int take_left = left_size > 0 && (right_size == 0 || !right || compare(left, right) <= 0);
        node *taken = take_left ? left : right;
        if (take_left) {
          left = left->next;
          left_size--;
        } else {
          right = right->next;
          right_size--;
        }
        if (tail)
          tail->next = taken;
        else
          list = taken;
        tail = taken;
      }
      left = right;
    }
    tail->next = NULL;
    if (merges <= 1) return list;
  }
}

/* ---- matrix ---- */

#define ORDER 20
static int16_t a[ORDER * ORDER], b[ORDER * ORDER];
static int32_t product[ORDER * ORDER];

static NOINLINE void multiply(void) {
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      int32_t sum = 0;
      for (int k = 0; k < ORDER; k++) sum += (int32_t)a[i * ORDER + k] * b[k * ORDER + j];
      product[i * ORDER + j] = sum;
    }
}

static NOINLINE void add_constant(int16_t constant) {
  for (int i = 0; i < ORDER * ORDER; i++) a[i] += constant;
}

static NOINLINE int32_t clipped_sum(int32_t clip) {
  int32_t total = 0, previous = 0, result = 0;
  for (int i = 0; i < ORDER * ORDER; i++) {
    total += product[i];
    if (total > clip) {
      result += 10;
      total = 0;
    } else
      result += product[i] > previous;
    previous = product[i];
  }
  return result;
}

/* ---- state machine: is each field of a text a number? ---- */

enum state { START, INVALID, INTEGER, FRACTION, SIGN, EXPONENT_MARK, EXPONENT_SIGN, SCIENTIFIC, STATES };

static int is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static NOINLINE enum state scan_field(const uint8_t **text, uint32_t *visits) {
  const uint8_t *at = *text;
  enum state state = START;
  for (; *at && state != INVALID; at++) {
    uint8_t c = *at;
    if (c == ',') {
      at++;
      break;
    }
    enum state before = state;
    switch (state) {
      case START:
        state = is_digit(c) ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID;
        break;
      case SIGN:
        state = is_digit(c) ? INTEGER : c == '.' ? FRACTION : INVALID;
        break;
      case INTEGER:
        if (!is_digit(c)) state = c == '.' ? FRACTION : INVALID;
        break;
      case FRACTION:
        if (!is_digit(c)) state = c == 'E' || c == 'e' ? EXPONENT_MARK : INVALID;
        break;
      case EXPONENT_MARK:
        state = c == '+' || c == '-' ? EXPONENT_SIGN : INVALID;
        break;
      case EXPONENT_SIGN:
        state = is_digit(c) ? SCIENTIFIC : INVALID;
        break;
      case SCIENTIFIC:
        if (!is_digit(c)) state = INVALID;
        break;
      default:
        break;
    }
    if (state != before) visits[before]++;
  }
  *text = at;
  return state;
}

#define TEXT 640
static uint8_t text[TEXT + 16];

static void fill_text(uint32_t seed) {
  static const char *const fields[16] = {
      "5012",      "1234",      "-874",      "+122",      "35.54400", ".1234500", "-110.700", "+0.64400",
      "5.500e+3",  "-.123e-2",  "-87e+832",  "+0.6e-12",  "T0.3e-1F", "-T.T++Tq", "1T3.4e4z", "34.0e-T^",
  };
  uint32_t n = 0;
  while (n < TEXT) {
    seed = seed * 1664525u + 1013904223u;
    for (const char *field = fields[seed >> 20 & 15]; *field; field++) text[n++] = *field;
    text[n++] = ',';
  }
  text[n] = 0;
}

static void corrupt(uint32_t step) {
  for (uint32_t i = 0; i < TEXT; i += step)
    if (text[i] != ',') text[i] ^= 1;
}

static NOINLINE uint16_t scan_text(uint32_t step, uint16_t crc) {
  uint32_t ended[STATES] = {0}, visits[STATES] = {0};
  for (int pass = 0; pass < 2; pass++) {
    for (const uint8_t *at = text; *at;) ended[scan_field(&at, visits)]++;
    corrupt(step); /* the second time undoes the first */
  }
  for (int i = 0; i < STATES; i++) crc = crc_word(crc_word(crc, ended[i]), visits[i]);
  return crc;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint16_t crc = 0;
  node *list = build_list(42);
  for (int i = 0; i < ORDER * ORDER; i++) {
    a[i] = (i * 7 + 3) & 255;
    b[i] = (i * 13 + 5) & 255;
  }
  fill_text(7);
  for (uint32_t i = 0; i < size; i++) {
    for (int search = 0; search < 10; search++) {
      node *found = find(list, (i * 31 + search * 977) & 0x7fff);
      list = reverse(list);
      crc = crc_byte(crc, found ? found->key : list->next->key);
    }
    list = sort(list, by_key);
    crc = crc_word(crc, list->key);
    list = sort(list, by_place);
    crc = crc_word(crc, list->place);
    add_constant(i & 7);
    multiply();
    crc = crc_word(crc, clipped_sum(2000));
    add_constant(-(int16_t)(i & 7));
    crc = scan_text(3 + (i & 3), crc);
  }
  return bench_result(crc);
}
