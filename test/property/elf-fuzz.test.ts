import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryFiles } from '../../src/linux/memory-files.ts';
import { Machine } from '../../src/machine/machine.ts';
import { smallElf } from '../small-elf.ts';

const FIELDS = 64 + 2 * 56;

/** A change of a few bytes of the headers, to values that bounds checks get wrong. */
const mutation = fc.record({
  at: fc.integer({ min: 0, max: FIELDS - 8 }),
  value: fc.oneof(
    fc.constantFrom(0n, 1n, 0x38n, 0xffffn, 0xffff_ffffn, 1n << 38n, 1n << 53n, (1n << 63n) - 1n, (1n << 64n) - 1n),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  ),
  width: fc.constantFrom(1, 2, 4, 8),
});

function load(bytes: Uint8Array) {
  return Machine.create({
    program: '/program',
    argv: ['program'],
    env: [],
    cwd: '/',
    platform: 'independent',
    memory: 2 ** 20,
    host: {
      files: new MemoryFiles(new Map([['/program', { bytes }]])),
      console: { write: () => {}, read: () => undefined },
      bootTime: 0n,
      seed: 0,
    },
  });
}

test('a damaged ELF file is loaded or refused with one line, and never breaks the loader', () => {
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 4 }), fc.integer({ min: 0, max: 0x2000 }), (mutations, size) => {
      const bytes = smallElf();
      const view = new DataView(bytes.buffer);
      for (const { at, value, width } of mutations)
        for (let i = 0; i < width; i++) view.setUint8(at + i, Number((value >> BigInt(i * 8)) & 0xffn));
      const loaded = load(mutations.length === 0 ? bytes.subarray(0, size) : bytes);
      if (loaded.ok) return;
      assert.match(loaded.error.message, /^\/program[: ][^\n]+$/);
      assert.ok(loaded.error.exitCode >= 66 && loaded.error.exitCode <= 70);
    }),
    { numRuns: 600 },
  );
});
