import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Damaged, Effort } from '../../src/symbols/byte-cursor.ts';
import { evaluateExpression } from '../../src/symbols/dwarf/expression.ts';
import type { ExpressionContext, Location } from '../../src/symbols/dwarf/expression.ts';

const registers = {
  x: Array.from({ length: 32 }, (_, number) => (number === 15 ? undefined : BigInt(number * 0x100))),
  f: Array.from({ length: 32 }, (_, number) => BigInt(number)),
};
const context: ExpressionContext = {
  effort: new Effort(1_000_000_000),
  registers,
  loadBias: 0x10000,
  read: (address, length) => (address < 0x10000 ? new Uint8Array(length).fill(address & 0xff) : undefined),
  cfa: () => 0x4000,
  frameBase: () => ({ kind: 'memory', address: 0x4000, exact: 0x4000n }),
};

/** What the operations compute, as an address. */
function computed(...bytes: number[]): bigint | Location {
  const location = evaluateExpression(Uint8Array.from(bytes), context);
  return location.kind === 'memory' ? location.exact : location;
}

test('addresses come from constants, registers and the frame', () => {
  assert.equal(computed(0x03, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0), 0x12345678n + 0x10000n, 'DW_OP_addr is relocated');
  assert.equal(computed(0x72, 0x70), 0x200n - 16n, 'DW_OP_breg2 -16');
  assert.equal(computed(0x91, 0x6c), 0x4000n - 20n, 'DW_OP_fbreg -20');
  assert.equal(computed(0x9c, 0x23, 0x80, 0x01), 0x4080n, 'DW_OP_call_frame_cfa; DW_OP_plus_uconst 128');
  assert.equal(computed(0x72, 0x00, 0x06), 0x0000n, 'DW_OP_breg2 0; DW_OP_deref');
});

test('the stack operations and arithmetic are those of the standard', () => {
  assert.equal(computed(0x35, 0x33, 0x1c), 2n, '5 - 3');
  assert.equal(computed(0x33, 0x35, 0x1c), (1n << 64n) - 2n, '3 - 5 wraps');
  assert.equal(computed(0x11, 0x76, 0x33, 0x1b), (1n << 64n) - 3n, '-10 / 3 truncates');
  assert.equal(computed(0x37, 0x33, 0x1d), 1n, '7 mod 3');
  assert.equal(computed(0x09, 0xff, 0x31, 0x26), (1n << 64n) - 1n, '-1 >> 1, arithmetic');
  assert.equal(computed(0x09, 0xff, 0x31, 0x25), (1n << 63n) - 1n, '-1 >> 1, logical');
  assert.equal(computed(0x31, 0x32, 0x33, 0x17, 0x22, 0x1e), (1n + 2n) * 3n, 'rot: 1 2 3 -> 3 1 2');
  assert.equal(computed(0x31, 0x32, 0x16, 0x1c), 1n, 'swap');
  assert.equal(computed(0x31, 0x32, 0x14, 0x15, 0x02, 0x22, 0x22, 0x22), 1n + 2n + 1n + 1n, 'over and pick');
  assert.equal(computed(0x09, 0xff, 0x30, 0x2d), 1n, '-1 < 0, signed');
});

test('branches are taken on non-zero and may not leave the expression', () => {
  assert.equal(computed(0x31, 0x28, 0x01, 0x00, 0x38, 0x37), 7n, 'bra skips DW_OP_lit8');
  assert.throws(() => computed(0x2f, 0x10, 0x00), Damaged);
  assert.throws(() => computed(0x2f, 0xfd, 0xff), /does not end/);
});

test('values without a place are bytes, registers or pieces', () => {
  assert.deepEqual(computed(0x59), { kind: 'register', register: 9 });
  assert.deepEqual(computed(0x90, 42), { kind: 'register', register: 42 });
  assert.deepEqual(computed(0x35, 0x9f), { kind: 'bytes', bytes: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0) });
  assert.deepEqual(computed(0x9e, 2, 0xaa, 0xbb), { kind: 'bytes', bytes: Uint8Array.of(0xaa, 0xbb) });
  assert.deepEqual(computed(0x5a, 0x93, 4, 0x93, 4), {
    kind: 'pieces',
    pieces: [
      { bits: 32, bitOffset: 0, location: { kind: 'register', register: 10 } },
      { bits: 32, bitOffset: 0, location: { kind: 'unavailable', reason: 'optimised out' } },
    ],
  });
});

test('what is missing makes the value unavailable, in words', () => {
  const reason = (...bytes: number[]): string | undefined => {
    const location = evaluateExpression(Uint8Array.from(bytes), context);
    return location.kind === 'unavailable' ? location.reason : undefined;
  };
  assert.equal(reason(), 'optimised out');
  assert.equal(reason(0x7f, 0x00), 'optimised out (its register was not saved)');
  assert.equal(reason(0x0c, 0, 0, 2, 0, 0x06), 'memory at 0x20000 cannot be read');
  assert.equal(reason(0xa3, 1, 0x5a, 0x9f), 'optimised out (only its value on entry was known)');
  assert.equal(reason(0x30, 0x9b), 'thread-local variables have a value in a thread only');
});

test('any bytes end in a location or in Damaged', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { maxLength: 3 }),
      (bytes, initial) => {
        try {
          const location = evaluateExpression(bytes, context, initial);
          if (location.kind === 'memory') assert.ok(location.exact >= 0n && location.exact < 1n << 64n);
        } catch (error) {
          if (!(error instanceof Damaged)) throw error;
        }
      },
    ),
    { numRuns: 5000 },
  );
});
