import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as exact from '../../src/cpu/float/exact.ts';
import { Flag, Rounding } from '../../src/cpu/float/float-file.ts';
import { divide, divideWords, multiplyHigh } from '../../src/cpu/multiply-divide.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { MIN_RAM } from '../../src/memory/layout.ts';
import { Op } from '../../src/riscv/op.ts';

const memory = new GuestMemory(MIN_RAM);
/** Indices of low words of three scratch registers. */
const [RD, RS1, RS2] = [0x400, 0x402, 0x404];

function binary(execute: () => void, a: bigint, b: bigint): bigint {
  memory.u64[RS1 >>> 1] = a;
  memory.u64[RS2 >>> 1] = b;
  execute();
  return memory.u64[RD >>> 1];
}

/** 64-bit values of every length, with 32-bit and extreme ones as often as any. */
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), fc.bigInt({ min: 0n, max: 63n }))
    .map(([value, shift]) => value >> shift),
  fc.bigInt({ min: -0x8000_0000n, max: 0x7fff_ffffn }).map((value) => BigInt.asUintN(64, value)),
  fc.bigInt({ min: -2n, max: 2n }).map((value) => BigInt.asUintN(64, value)),
  fc.constantFrom(1n << 63n, (1n << 63n) - 1n, 1n << 53n, (1n << 53n) - 1n, 0xffff_ffffn, 1n << 32n),
);
const signed = (value: bigint, bits = 64): bigint => BigInt.asIntN(bits, value);

test('the high halves of products are those of 128-bit integers', () => {
  fc.assert(
    fc.property(u64, u64, (a, b) => {
      const high = (op: Op): bigint => binary(() => multiplyHigh(memory, op, RD, RS1, RS2), a, b);
      assert.equal(high(Op.Mulhu), (a * b) >> 64n);
      assert.equal(high(Op.Mulh), BigInt.asUintN(64, (signed(a) * signed(b)) >> 64n));
      assert.equal(high(Op.Mulhsu), BigInt.asUintN(64, (signed(a) * b) >> 64n));
    }),
    { numRuns: 3000 },
  );
});

test('quotients and remainders follow the manual, by zero and at overflow too', () => {
  fc.assert(
    fc.property(u64, u64, (a, b) => {
      const of = (op: Op): bigint => binary(() => divide(memory, op, RD, RS1, RS2), a, b);
      const word = (op: Op): bigint => binary(() => divideWords(memory.i32, op, RD, RS1, RS2), a, b);
      const quotient = (x: bigint, y: bigint): bigint => (y === 0n ? -1n : x / y);
      const remainder = (x: bigint, y: bigint): bigint => (y === 0n ? x : x % y);
      const to64 = (value: bigint, bits = 64): bigint => BigInt.asUintN(64, signed(value, bits));
      assert.equal(of(Op.Div), to64(quotient(signed(a), signed(b))));
      assert.equal(of(Op.Divu), to64(quotient(a, b)));
      assert.equal(of(Op.Rem), to64(remainder(signed(a), signed(b))));
      assert.equal(of(Op.Remu), to64(remainder(a, b)));
      const [a32, b32] = [BigInt.asUintN(32, a), BigInt.asUintN(32, b)];
      assert.equal(word(Op.Divw), to64(quotient(signed(a, 32), signed(b, 32)), 32));
      assert.equal(word(Op.Divuw), to64(quotient(a32, b32), 32));
      assert.equal(word(Op.Remw), to64(remainder(signed(a, 32), signed(b, 32)), 32));
      assert.equal(word(Op.Remuw), to64(remainder(a32, b32), 32));
    }),
    { numRuns: 3000 },
  );
});

const f64 = new Float64Array(1);
const bits64 = new BigUint64Array(f64.buffer);
const bitsOf = (value: number): bigint => {
  if (Number.isNaN(value)) return 0x7ff8_0000_0000_0000n;
  f64[0] = value;
  return bits64[0];
};

const double = fc.oneof(fc.double(), fc.double({ min: -4, max: 4 }), fc.integer().map(Number));

test('exact arithmetic rounded to nearest even is that of the host', () => {
  fc.assert(
    fc.property(double, double, (a, b) => {
      const { DOUBLE } = exact;
      const nearest = Rounding.NearestEven;
      assert.equal(exact.add(DOUBLE, bitsOf(a), bitsOf(b), nearest).bits, bitsOf(a + b));
      assert.equal(exact.subtract(DOUBLE, bitsOf(a), bitsOf(b), nearest).bits, bitsOf(a - b));
      assert.equal(exact.multiply(DOUBLE, bitsOf(a), bitsOf(b), nearest).bits, bitsOf(a * b));
      assert.equal(exact.divide(DOUBLE, bitsOf(a), bitsOf(b), nearest).bits, bitsOf(a / b));
      assert.equal(exact.squareRoot(DOUBLE, bitsOf(a), nearest).bits, bitsOf(Math.sqrt(a)));
    }),
    { numRuns: 3000 },
  );
});

test('rounding down and up enclose the exact result, one step apart exactly when it is inexact', () => {
  const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const quotient = (rounding: Rounding): exact.Exact => exact.divide(exact.DOUBLE, bitsOf(a), bitsOf(b), rounding);
      const [down, up] = [quotient(Rounding.Down), quotient(Rounding.Up)];
      const inexact = (down.flags & Flag.Inexact) !== 0;
      assert.equal(up.bits - down.bits, inexact ? 1n : 0n);
      assert.equal(quotient(Rounding.TowardZero).bits, down.bits);
    }),
    { numRuns: 2000 },
  );
});
