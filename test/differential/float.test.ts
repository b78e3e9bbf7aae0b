import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { decode } from '../../src/riscv/decode.ts';
import { disassemble } from '../../src/riscv/disassemble.ts';
import { writesFloatRegister } from '../../src/riscv/operands.ts';
import { BASE, ENTRY, encodeI, encodeS, loadAddress, runHere, runOnQemu, writeAndExit } from './program.ts';
import { randomDoubleBits, randomFloatBits, randomInteger, randomSingleBits } from './random-values.ts';
import { Random } from './random.ts';

/*
 * Every floating-point operation in every rounding mode over one table of operands, on qemu-riscv64 and here: results
 * and flags. A row is three f operands, an x operand and the flags already raised; a result is a register and fflags.
 */

const ROW_WORDS = 5;
const RESULT_WORDS = 2;

const A0 = 10;
const A2 = 12;
const A3 = 13;
const T0 = 5;
const T1 = 6;
const T2 = 7;
/** Operands in f10, f11 and f12 or a0; the result goes to f13 or a2. */
const OPERANDS = (10 << 15) | (11 << 20);

const withRounding = (base: number): number[] => [0, 1, 2, 3, 4].map((rm) => base | (rm << 12));
const FORMATS = [0, 1];

/** Instruction words of all operations, with their operands but no destination. */
function operations(): number[] {
  return FORMATS.flatMap((format) => {
    const op = (funct5: number): number => 0x53 | (format << 25) | (funct5 << 27) | OPERANDS;
    const unary = (funct5: number, rs2: number): number => (op(funct5) & ~(31 << 20)) | (rs2 << 20);
    const each = (funct5: number, functs: readonly number[]): number[] => functs.map((f) => op(funct5) | (f << 12));
    return [
      ...[0, 1, 2, 3].flatMap((funct5) => withRounding(op(funct5))),
      ...withRounding(unary(0x0b, 0)),
      ...[0x43, 0x47, 0x4b, 0x4f].flatMap((major) => withRounding(major | (format << 25) | OPERANDS | (12 << 27))),
      ...each(0x04, [0, 1, 2]),
      ...each(0x05, [0, 1]),
      ...each(0x14, [0, 1, 2]),
      ...withRounding(unary(0x08, 1 - format)),
      ...[0, 1, 2, 3].flatMap((type) => withRounding(unary(0x18, type))),
      ...[0, 1, 2, 3].flatMap((type) => withRounding(unary(0x1a, type))),
      unary(0x1c, 0),
      unary(0x1c, 0) | (1 << 12),
      unary(0x1e, 0),
    ];
  });
}

/** A double or boxed single whose product or quotient with its partner is near the smallest normal number. */
function nearTiny(random: Random): readonly [bigint, bigint] {
  const significand = (bits: number): bigint => {
    const all = (1n << BigInt(bits)) - 1n;
    switch (random.below(4)) {
      case 0:
        return BigInt(random.below(4));
      case 1:
        return all - BigInt(random.below(4));
      default:
        return random.uint64() & all;
    }
  };
  const sign = (shift: bigint): bigint => BigInt(random.below(2)) << shift;
  const distance = random.below(60) + 1;
  const slack = random.below(4);
  if (random.oneIn(2)) {
    const small = BigInt(distance);
    const other = BigInt(1023 - distance + 1 - slack);
    return [(small << 52n) | significand(52) | sign(63n), (other << 52n) | significand(52) | sign(63n)];
  }
  const box = 0xffffffff_00000000n;
  const other = BigInt(127 - distance + 1 - slack);
  return [
    box | (BigInt(distance) << 23n) | significand(23) | sign(31n),
    box | (other << 23n) | significand(23) | sign(31n),
  ];
}

function row(random: Random): bigint[] {
  const rest = [randomInteger(random), BigInt(random.oneIn(2) ? 0 : random.below(32))];
  const box = (bits: bigint): bigint => bits | 0xffffffff_00000000n;
  switch (random.below(4)) {
    case 0:
      return [...nearTiny(random), randomFloatBits(random), ...rest];
    case 1:
      return [box(randomSingleBits(random)), box(randomSingleBits(random)), box(randomSingleBits(random)), ...rest];
    case 2:
      return [randomDoubleBits(random), randomDoubleBits(random), randomDoubleBits(random), ...rest];
    default:
      return [randomFloatBits(random), randomFloatBits(random), randomFloatBits(random), ...rest];
  }
}

/** A loop that applies `operation` to every row. */
function loop(operation: number, table: number, rows: number, results: number, at: number): number[] {
  const toFloat = writesFloatRegister(decode(operation).op);
  const takesInteger = (operation & 0x7f) === 0x53 && (operation >>> 27 === 0x1a || operation >>> 27 === 0x1e);
  const source = takesInteger ? (operation & ~(31 << 15)) | (A0 << 15) : operation;
  const body = [
    ...[0, 1, 2].map((index) => encodeI(0x07, 3, 10 + index, T0, index * 8)),
    encodeI(0x03, 3, A0, T0, 24),
    encodeI(0x03, 3, A3, T0, 32),
    encodeI(0x73, 1, 0, A3, 0x001),
    source | ((toFloat ? 13 : A2) << 7),
    encodeI(0x73, 2, A3, 0, 0x001),
    toFloat ? encodeS(0x27, 3, T2, 13, 0) : encodeS(0x23, 3, T2, A2, 0),
    encodeS(0x23, 3, T2, A3, 8),
    encodeI(0x13, 0, T0, T0, ROW_WORDS * 8),
    encodeI(0x13, 0, T2, T2, RESULT_WORDS * 8),
    encodeI(0x13, 0, T1, T1, -1),
  ];
  const back = -body.length * 4;
  const branch = 0x1063 | (T1 << 15) | ((back & 0x1e) << 7) | (((back >> 5) & 0x3f) << 25) | (1 << 31) | (1 << 7);
  return [
    ...loadAddress(T0, table, at),
    ...loadAddress(T2, results, at + 8),
    encodeI(0x13, 0, T1, 0, rows),
    ...body,
    branch,
  ];
}

const ROWS = 2000;

function describe(
  words: readonly number[],
  rows: readonly bigint[][],
  ours: BigUint64Array,
  theirs: BigUint64Array,
): string[] {
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const lines: string[] = [];
  for (let at = 0; at < ours.length && lines.length < 10; at += RESULT_WORDS) {
    if (ours[at] === theirs[at] && ours[at + 1] === theirs[at + 1]) continue;
    const { mnemonic, operands } = disassemble(decode(words[Math.floor(at / RESULT_WORDS / ROWS)]), 0);
    const operandsOf = rows[(at / RESULT_WORDS) % ROWS].map(hex).join(' ');
    const [a, b] = [ours, theirs].map((side) => `${hex(side[at])} flags ${side[at + 1]}`);
    lines.push(`${mnemonic} ${operands} of ${operandsOf}: ${a}, expected ${b}`);
  }
  return lines;
}

for (let seed = 1; seed <= 2; seed++) {
  test(`every floating-point operation gives the results and flags of qemu-riscv64, seed ${seed}`, () => {
    const random = new Random(seed);
    const words = operations();
    const rows = Array.from({ length: ROWS }, () => row(random));
    const loopLength = loop(words[0], 0, ROWS, 0, 0).length * 4;
    const table = Math.ceil((ENTRY + words.length * loopLength + 64) / PAGE_SIZE) * PAGE_SIZE;
    const results = table + ROWS * ROW_WORDS * 8;
    const size = words.length * ROWS * RESULT_WORDS * 8;
    const image = new Uint8Array(results + size - BASE);
    const code = words.flatMap((word, index) =>
      loop(word, table, ROWS, results + index * ROWS * RESULT_WORDS * 8, ENTRY + index * loopLength),
    );
    code.push(...writeAndExit(results, size, ENTRY + code.length * 4));
    new Int32Array(image.buffer).set(code, (ENTRY - BASE) / 4);
    new BigUint64Array(image.buffer, 0, image.length >>> 3).set(rows.flat(), (table - BASE) / 8);
    const expected = runOnQemu(image);
    assert.equal(expected.length, size);
    const theirs = new BigUint64Array(expected.buffer, 0, size / 8);
    const ours = new BigUint64Array(runHere(image).buffer);
    assert.deepEqual(describe(words, rows, ours, theirs), []);
  });
}
