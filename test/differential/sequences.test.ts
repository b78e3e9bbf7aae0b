import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { decode } from '../../src/riscv/decode.ts';
import { disassemble } from '../../src/riscv/disassemble.ts';
import { F_NAMES, X_NAMES } from '../../src/riscv/registers.ts';
import { BASE, ENTRY, encodeI, encodeS, loadAddress, runHere, runOnQemu, writeAndExit } from './program.ts';
import { BLOCK_REGISTER, RandomCode, SCRATCH_REACH, SCRATCH_REGISTERS } from './random-code.ts';
import { randomFloatBits, randomInteger } from './random-values.ts';
import { Random } from './random.ts';

/*
 * The same random programs on qemu-riscv64, on the interpreter and on the translator. A program is many short sequences; each loads all
 * registers from its own block, runs, and stores them back. At the end the blocks and the scratch memory are written to
 * stdout; the interpreter is stopped there and its memory compared.
 */

const SCRATCH_SIZE = 2 * SCRATCH_REACH;
/** x0..x31, f0..f31, fcsr. */
const BLOCK_WORDS = 65;
const BLOCK_SIZE = BLOCK_WORDS * 8;
const FCSR_OFFSET = 64 * 8;

const REGISTERS = Array.from({ length: 32 }, (_, index) => index);
const LOADED = REGISTERS.filter((register) => register !== 0 && register !== BLOCK_REGISTER);

interface Program {
  readonly image: Uint8Array;
  /** For every sequence its halfwords and where they are. */
  readonly sequences: readonly { readonly halves: readonly number[]; readonly va: number }[];
  readonly blocks: number;
  readonly size: number;
}

const LD = { major: 0x03, funct3: 3 };
const FLD = { major: 0x07, funct3: 3 };
const SD = { major: 0x23, funct3: 3 };
const FSD = { major: 0x27, funct3: 3 };

function prologue(block: number, at: number): number[] {
  return [
    ...loadAddress(BLOCK_REGISTER, block, at),
    // A failing sc drops a reservation left by the sequence before.
    0x1800_202f | (BLOCK_REGISTER << 15),
    encodeI(LD.major, LD.funct3, 1, BLOCK_REGISTER, FCSR_OFFSET),
    encodeI(0x73, 1, 0, 1, 0x003),
    ...REGISTERS.map((f) => encodeI(FLD.major, FLD.funct3, f, BLOCK_REGISTER, 256 + f * 8)),
    ...LOADED.map((x) => encodeI(LD.major, LD.funct3, x, BLOCK_REGISTER, x * 8)),
  ];
}

function epilogue(): number[] {
  return [
    ...LOADED.map((x) => encodeS(SD.major, SD.funct3, BLOCK_REGISTER, x, x * 8)),
    ...REGISTERS.map((f) => encodeS(FSD.major, FSD.funct3, BLOCK_REGISTER, f, 256 + f * 8)),
    encodeI(0x73, 2, 1, 0, 0x003),
    encodeS(SD.major, SD.funct3, BLOCK_REGISTER, 1, FCSR_OFFSET),
  ];
}

function build(seed: number, count: number, floatShare: number): Program {
  const random = new Random(seed);
  const code = new RandomCode(random);
  const sequences = Array.from({ length: count }, () => code.sequence(4 + random.below(12), floatShare));
  const fixed = (prologue(0, 0).length + epilogue().length) * 4;
  // Rounded to the word, so that every prologue and epilogue is whole words.
  const codeSize = sequences.reduce((sum, halves) => sum + fixed + halves.length * 2 + 2, 0) + 64;
  // Its middle is a page boundary.
  const scratch = Math.ceil((ENTRY + codeSize) / PAGE_SIZE) * PAGE_SIZE + PAGE_SIZE - SCRATCH_REACH;
  const blocks = scratch + SCRATCH_SIZE;
  const end = blocks + count * BLOCK_SIZE;
  const image = new Uint8Array(end - BASE);
  const halves = new Uint16Array(image.buffer);
  const words = new BigUint64Array(image.buffer, 0, image.length >>> 3);
  let at = ENTRY;
  const emit = (...values: number[]): void => {
    for (const value of values) {
      halves[(at - BASE) >>> 1] = value;
      at += 2;
    }
  };
  const emitWords = (values: readonly number[]): void => values.forEach((word) => emit(word & 0xffff, word >>> 16));
  const placed = sequences.map((sequence, index) => {
    const block = blocks + index * BLOCK_SIZE;
    emitWords(prologue(block, at));
    const va = at;
    emit(...sequence);
    emitWords(epilogue());
    const slot = (block - BASE) >>> 3;
    for (const register of REGISTERS) {
      words[slot + register] = SCRATCH_REGISTERS.includes(register)
        ? BigInt(scratch + SCRATCH_REACH)
        : randomInteger(random);
      words[slot + 32 + register] = randomFloatBits(random);
    }
    words[slot + 64] = BigInt(random.oneIn(2) ? random.below(32) : (random.below(5) << 5) | random.below(32));
    return { halves: sequence, va };
  });
  for (let word = (scratch - BASE) >>> 3; word < (blocks - BASE) >>> 3; word++) words[word] = randomFloatBits(random);
  emitWords(writeAndExit(scratch, end - scratch, at));
  assert.ok(at <= scratch);
  return { image, sequences: placed, blocks, size: end - scratch };
}

function listing(halves: readonly number[], va: number): string {
  const lines: string[] = [];
  for (let i = 0; i < halves.length;) {
    const word = halves[i] | ((halves[i + 1] ?? 0) << 16);
    const instruction = decode(word);
    const { mnemonic, operands } = disassemble(instruction, va + i * 2);
    lines.push(`${(va + i * 2).toString(16)}: ${mnemonic} ${operands}`);
    i += instruction.length / 2;
  }
  return lines.join('\n');
}

function registerName(index: number): string {
  return index < 32 ? X_NAMES[index] : index < 64 ? F_NAMES[index - 32] : 'fcsr';
}

/** What differs, for the first sequence that does. */
function firstDifference(program: Program, expected: Uint8Array, actual: Uint8Array): string | undefined {
  if (expected.length !== actual.length) return `${actual.length} bytes of output, not ${expected.length}`;
  const theirs = new BigUint64Array(expected.buffer, 0, expected.length >>> 3);
  const ours = new BigUint64Array(actual.buffer, 0, actual.length >>> 3);
  const initial = new BigUint64Array(program.image.buffer, program.blocks - BASE);
  const first = SCRATCH_SIZE / 8;
  for (let word = first; word < ours.length; word++) {
    if (ours[word] === theirs[word]) continue;
    const index = Math.floor((word - first) / BLOCK_WORDS);
    const start = index * BLOCK_WORDS;
    const changed = Array.from({ length: BLOCK_WORDS }, (_, i) => i).flatMap((i) => {
      const [a, b] = [ours[first + start + i], theirs[first + start + i]];
      return a === b ? [] : [`${registerName(i)}: 0x${a.toString(16)}, expected 0x${b.toString(16)}`];
    });
    const before = Array.from(
      { length: BLOCK_WORDS },
      (_, i) => `${registerName(i)}=${initial[start + i].toString(16)}`,
    );
    const { halves, va } = program.sequences[index];
    return [`sequence ${index}`, listing(halves, va), ...changed, before.join(' ')].join('\n');
  }
  for (let word = 0; word < first; word++)
    if (ours[word] !== theirs[word]) return `scratch memory differs at 0x${(word * 8).toString(16)}`;
  return undefined;
}

const BATCHES = [
  { name: 'mostly integer', floatShare: 1 },
  { name: 'half floating-point', floatShare: 2 },
  { name: 'floating-point', floatShare: 4 },
];

for (const { name, floatShare } of BATCHES) {
  for (let seed = 1; seed <= 3; seed++) {
    test(`2000 random sequences end as on qemu-riscv64: ${name}, seed ${seed}`, () => {
      const program = build(seed * 10 + floatShare, 2000, floatShare);
      const expected = runOnQemu(program.image);
      assert.equal(expected.length, program.size);
      assert.equal(firstDifference(program, expected, runHere(program.image)), undefined);
      if (seed > 1) return;
      const translated = runHere(program.image, true);
      assert.equal(firstDifference(program, expected, translated), undefined, 'translated');
    });
  }
}
