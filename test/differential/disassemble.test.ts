import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { decode } from '../../src/riscv/decode.ts';
import { disassemble } from '../../src/riscv/disassemble.ts';
import { Op, mnemonicOf } from '../../src/riscv/op.ts';
import { csrName } from '../../src/riscv/registers.ts';
import { Random } from './random.ts';

/** Far enough from zero that no branch goes below it. */
const BASE = 0x1000_0000;

interface Line {
  readonly address: number;
  readonly word: number;
  readonly text: string;
}

/** What objdump says of some bytes, one line an instruction, without symbols and comments. */
function objdump(code: Uint8Array): Line[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-objdump-'));
  try {
    const file = path.join(folder, 'code.bin');
    writeFileSync(file, code);
    const listing = execFileSync(
      'riscv64-linux-gnu-objdump',
      ['-D', '-z', '-b', 'binary', '-m', 'riscv:rv64', `--adjust-vma=${BASE}`, file],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      },
    );
    return parseListing(listing);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parseListing(listing: string): Line[] {
  return listing.split('\n').flatMap((line) => {
    const match = /^\s*([0-9a-f]+):\t([0-9a-f]+)\s*\t(.*)$/.exec(line);
    if (!match) return [];
    const [, address, word, text] = match as unknown as [string, string, string, string];
    return [{ address: parseInt(address, 16), word: parseInt(word, 16) | 0, text }];
  });
}

/** Mnemonic and operands in one line, without objdump's symbols and comments. */
function normalise(text: string): string {
  return text
    .replace(/\s*#.*$/, '')
    .replace(/\s*<[^>]*>$/, '')
    .replace('\t', ' ')
    .replace(/(?<=[ ,])0x(?=[0-9a-f]+$)/, '')
    .trim();
}

/**
 * Our text in the spelling of binutils 2.40, which drops the `i` of instructions with an immediate when it prints
 * aliases (`add a0,a0,1`), and knows the names of the privileged CSRs.
 */
function ours(line: Line): string {
  const { mnemonic, operands } = disassemble(decode(line.word), line.address);
  const short = mnemonic.replace(/^(add|and|or|xor|sll|srl|sra)i(w?)$/, '$1$2').replace(/^csr(r?[wsc])i$/, 'csr$1');
  return normalise(`${short} ${operands}`);
}

function theirs(line: Line): string {
  const text = normalise(line.text);
  const name = csrName(line.word >>> 20);
  if (!/^csr/.test(text) || !name.startsWith('0x')) return text;
  const fields = text.split(/[ ,]/);
  fields[/^csr(r?[wsc])$/.test(fields[0]) && !fields[0].startsWith('csrr') ? 1 : 2] = name;
  return normalise(`${fields[0]} ${fields.slice(1).join(',')}`);
}

/** Why the two texts may differ, or `undefined` when they may not. */
function expectedDifference(line: Line): string | undefined {
  const text = theirs(line);
  const instruction = decode(line.word);
  const reserved = text.startsWith('.');
  if (text.startsWith('c.')) return 'a HINT: objdump spells it compressed, we spell what it expands to';
  if (instruction.op === Op.Illegal) {
    if (reserved || text === 'unimp') return 'reserved';
    if (line.word === 0x6101) return 'c.addi16sp with no immediate: reserved, but objdump prints it';
    const opcode = line.word & 0x707f;
    return opcode === 0x0073 || opcode === 0x4073 ? 'privileged: illegal in user mode' : undefined;
  }
  if (!reserved) return undefined;
  if (instruction.op === Op.Fence || instruction.op === Op.FenceI)
    return 'fields reserved for finer fences are ignored';
  if (mnemonicOf(instruction.op).startsWith('fcvt.d.')) return 'objdump takes only mode rne where the mode is unused';
  return undefined;
}

function differences(lines: readonly Line[]): { word: string; ours: string; theirs: string }[] {
  return lines.flatMap((line) => {
    const pair = { word: `0x${(line.word >>> 0).toString(16)}`, ours: ours(line), theirs: theirs(line) };
    return pair.ours === pair.theirs || expectedDifference(line) !== undefined ? [] : [pair];
  });
}

test('every 16-bit encoding reads as in objdump', () => {
  const halves = Array.from({ length: 0x10000 }, (_, half) => half).filter((half) => (half & 3) !== 3);
  const lines = objdump(new Uint8Array(Uint16Array.from(halves).buffer));
  assert.equal(lines.length, halves.length);
  assert.deepEqual(differences(lines).slice(0, 20), []);
});

test('random 32-bit encodings read as in objdump', () => {
  const random = new Random(1);
  const words = Int32Array.from({ length: 200_000 }, () => {
    // A major opcode of 11111 would begin a longer instruction.
    for (;;) {
      const word = random.int32() | 3;
      if ((word & 0x1f) !== 0x1f) return word;
    }
  });
  const lines = objdump(new Uint8Array(words.buffer));
  assert.equal(lines.length, words.length);
  assert.deepEqual(differences(lines).slice(0, 20), []);
});

test('floating-point, atomic and CSR encodings with random fields read as in objdump', () => {
  const random = new Random(2);
  const majors = [0x53, 0x53, 0x43, 0x47, 0x4b, 0x4f, 0x2f, 0x2f, 0x73, 0x3b, 0x33, 0x1b, 0x0f];
  const words = Int32Array.from({ length: 200_000 }, () => {
    let word = (random.int32() & ~0x7f) | random.pick(majors);
    if (random.oneIn(2)) word &= ~(31 << 20);
    if (random.oneIn(2)) word &= ~(0x3e << 25);
    if (random.oneIn(4)) word = (word & ~(7 << 12)) | (random.below(4) << 12);
    return word;
  });
  const lines = objdump(new Uint8Array(words.buffer));
  assert.equal(lines.length, words.length);
  assert.deepEqual(differences(lines).slice(0, 20), []);
});

test('a whole static glibc program reads as in objdump', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-glibc-'));
  try {
    const program = path.join(folder, 'program');
    const source = '#include <stdio.h>\n#include <math.h>\nint main(int c, char **v) { printf("%g", sin(c)); }\n';
    execFileSync('riscv64-linux-gnu-gcc', ['-static', '-x', 'c', '-', '-o', program, '-lm'], { input: source });
    const listing = execFileSync('riscv64-linux-gnu-objdump', ['-d', '-j', '.text', program], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const lines = parseListing(listing).filter((line) => !line.text.startsWith('.'));
    assert.ok(lines.length > 50_000);
    assert.deepEqual(differences(lines).slice(0, 20), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
