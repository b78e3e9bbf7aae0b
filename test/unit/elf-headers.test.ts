import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readElfHeaders } from '../../src/linux/elf-headers.ts';
import { CODE_ADDRESS, CODE_OFFSET, DEFAULT_SEGMENTS, smallElf, type TestElf } from '../small-elf.ts';

const ADDRESS_END = 2 ** 38;

function read(bytes: Uint8Array) {
  return readElfHeaders(bytes.length, (offset, length) => bytes.subarray(offset, offset + length), ADDRESS_END);
}

test('the headers of a small program are read', () => {
  const headers = read(smallElf());
  assert.ok(headers.ok);
  assert.equal(headers.value.entry, CODE_ADDRESS);
  assert.equal(headers.value.position, 'fixed');
  assert.deepEqual(
    headers.value.segments.map(({ address, memorySize }) => [address, memorySize]),
    [
      [CODE_ADDRESS, 0x100],
      [0x2_0000, 0x4000],
    ],
  );
});

const [CODE] = DEFAULT_SEGMENTS;
const PROBLEMS: readonly (readonly [string, TestElf | Uint8Array, RegExp])[] = [
  ['text', new TextEncoder().encode('int main() {}\n'), /^is not an ELF file$/],
  ['nothing', new Uint8Array(), /^is empty$/],
  ['half a header', smallElf().subarray(0, 40), /^is truncated: its ELF header/],
  ['x86-64', { machine: 62 }, /^is an ELF for x86-64; Pagewalk runs 64-bit little-endian RISC-V$/],
  ['another machine', { machine: 9999 }, /^is an ELF for machine 9999; /],
  ['32 bits', { class: 1 }, /^is a 32-bit RISC-V ELF/],
  ['an object file', { type: 1 }, /^is an object file/],
  ['a core dump', { type: 4 }, /^is a core dump/],
  ['no program headers', { segments: [] }, /^has no program headers/],
  ['too many program headers', { programHeaderCount: 65535 }, /^has 65535 program headers/],
  ['program headers past the end', { size: 100 }, /^is truncated: its program headers lie past the end$/],
  ['odd program headers', { programHeaderSize: 32 }, /^is corrupt: its program headers are 32 bytes/],
  [
    'a segment past the end',
    { segments: [{ ...CODE, fileSize: 0x5000, memorySize: 0x5000 }] },
    /^is truncated: program header 0 lies past the end$/,
  ],
  [
    'overlapping segments',
    { segments: [CODE, { ...CODE, address: CODE_ADDRESS + 0x10, offset: CODE_OFFSET + 0x10 }] },
    /^is corrupt: its segments at 0x10000 and 0x10010 overlap$/,
  ],
  ['less memory than file', { segments: [{ ...CODE, memorySize: 1 }] }, /^is corrupt: segment 0 is larger in the file/],
  ['huge memory', { segments: [{ ...CODE, memorySize: 2 ** 50 }] }, /does not fit the address space$/],
  ['misaligned', { segments: [{ ...CODE, offset: CODE_OFFSET + 8 }] }, /^is misaligned: segment 0 /],
  ['an entry in data', { entry: 0x2_0000 }, /^is corrupt: its entry point 0x20000 is not in an executable segment$/],
  ['an entry nowhere', { entry: 0x99_0000 }, /^is corrupt: its entry point/],
  ['nothing to load', { segments: [{ type: 4 }] }, /^has no loadable segment$/],
  [
    'an interpreter past the end',
    { segments: [CODE, { type: 3, offset: 0x9000, fileSize: 20 }] },
    /^is corrupt: the name of its interpreter/,
  ],
];

for (const [what, elf, expected] of PROBLEMS)
  test(`refused with its reason: ${what}`, () => {
    const headers = read(elf instanceof Uint8Array ? elf : smallElf(elf));
    assert.ok(!headers.ok);
    assert.match(headers.error.problem, expected);
  });
