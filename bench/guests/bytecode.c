/* An interpreter: a stack machine's dispatch loop and indirect jumps, running a program of loops, calls and arrays. */
#include "bench.h"

enum opcode { PUSH, LOAD, STORE, ADD, SUB, MUL, REM, LESS, JUMP, JUMP_IF_ZERO, CALL, RETURN, GET, SET, DUP, DROP, HALT };

typedef struct {
  int32_t code[512];
  int length;
} program;

typedef struct {
  int32_t *return_to;
  int64_t locals[8];
} frame;

static int64_t array[1024];

static NOINLINE int64_t execute(const program *p, int32_t entry, int64_t argument) {
  static int64_t stack[1024];
  static frame frames[256];
  static const void *const handlers[] = {
      [PUSH] = &&push, [LOAD] = &&load, [STORE] = &&store, [ADD] = &&add,   [SUB] = &&sub,   [MUL] = &&mul,
      [REM] = &&rem,   [LESS] = &&less, [JUMP] = &&jump,   [JUMP_IF_ZERO] = &&jump_if_zero,  [CALL] = &&call,
      [RETURN] = &&ret, [GET] = &&get,  [SET] = &&set,     [DUP] = &&dup,   [DROP] = &&drop, [HALT] = &&halt,
  };
  int64_t *sp = stack;
  frame *fp = frames;
  const int32_t *pc = p->code + entry;
  fp->locals[0] = argument;
#define NEXT goto *handlers[*pc++]
  NEXT;
push: *sp++ = *pc++; NEXT;
load: *sp++ = fp->locals[*pc++]; NEXT;
store: fp->locals[*pc++] = *--sp; NEXT;
add: sp--; sp[-1] += *sp; NEXT;
sub: sp--; sp[-1] -= *sp; NEXT;
mul: sp--; sp[-1] *= *sp; NEXT;
rem: sp--; sp[-1] %= *sp; NEXT;
less: sp--; sp[-1] = sp[-1] < *sp; NEXT;
jump: pc = p->code + *pc; NEXT;
jump_if_zero: pc = *--sp ? pc + 1 : p->code + *pc; NEXT;
call:
  fp++;
  fp->return_to = (int32_t *)pc + 1;
  fp->locals[0] = *--sp;
  pc = p->code + *pc;
  NEXT;
ret: pc = fp->return_to; fp--; NEXT;
get: sp[-1] = array[sp[-1] & 1023]; NEXT;
set: sp -= 2; array[sp[1] & 1023] = sp[0]; NEXT;
dup: sp[0] = sp[-1]; sp++; NEXT;
drop: sp--; NEXT;
halt: return sp[-1];
}

static program built;

static int32_t emit(int32_t word) {
  built.code[built.length] = word;
  return built.length++;
}

static void emit_with(enum opcode opcode, int32_t operand) {
  emit(opcode);
  emit(operand);
}

/* fibonacci(n): the argument is local 0, the result is left on the stack. */
static int32_t emit_fibonacci(void) {
  int32_t entry = built.length;
  emit_with(LOAD, 0);
  emit_with(PUSH, 2);
  emit(LESS);
  emit(JUMP_IF_ZERO);
  int32_t recurse = emit(0);
  emit_with(LOAD, 0);
  emit(RETURN);
  built.code[recurse] = built.length;
  for (int i = 1; i <= 2; i++) {
    emit_with(LOAD, 0);
    emit_with(PUSH, i);
    emit(SUB);
    emit_with(CALL, entry);
  }
  emit(ADD);
  emit(RETURN);
  return entry;
}

/* A loop of local 0 rounds over the array, with arithmetic in locals 1 and 2. */
static int32_t emit_loop(void) {
  int32_t entry = built.length;
  emit_with(PUSH, 1);
  emit_with(STORE, 1);
  emit_with(PUSH, 0);
  emit_with(STORE, 2);
  int32_t top = built.length;
  emit_with(LOAD, 2);
  emit_with(LOAD, 0);
  emit(LESS);
  emit(JUMP_IF_ZERO);
  int32_t done = emit(0);
  emit_with(LOAD, 1);
  emit_with(PUSH, 48271);
  emit(MUL);
  emit_with(LOAD, 2);
  emit(GET);
  emit(ADD);
  emit_with(PUSH, 2147483647);
  emit(REM);
  emit(DUP);
  emit_with(STORE, 1);
  emit_with(LOAD, 2);
  emit(SET);
  emit_with(LOAD, 2);
  emit_with(PUSH, 1);
  emit(ADD);
  emit_with(STORE, 2);
  emit_with(JUMP, top);
  built.code[done] = built.length;
  emit_with(LOAD, 1);
  emit(RETURN);
  return entry;
}

static int32_t emit_main(int32_t callee) {
  int32_t entry = built.length;
  emit_with(LOAD, 0);
  emit_with(CALL, callee);
  emit(DUP);
  emit(DROP);
  emit(HALT);
  return entry;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  int32_t fibonacci = emit_main(emit_fibonacci()), loop = emit_main(emit_loop());
  uint64_t hash = 0;
  for (long i = 0; i < size; i++) {
    hash = mixed(hash, (uint64_t)execute(&built, fibonacci, 16 + i % 3));
    hash = mixed(hash, (uint64_t)execute(&built, loop, 3000));
  }
  return bench_result(hash);
}
