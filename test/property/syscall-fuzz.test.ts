import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SYSCALLS } from '../../src/linux/syscalls/table.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { CODE_ADDRESS, SPACE_ADDRESS } from '../small-elf.ts';

/** Arguments that syscalls have special cases for: pointers good and bad, sizes, descriptors, flags. */
const argument = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 3n, 4n, 5n, 8n, 17n, 64n, 100n, 4096n, 65536n),
  fc.constantFrom(-1n, -2n, -100n, -4096n, 1n << 31n, 1n << 38n, 1n << 46n, 1n << 62n, 1n << 63n),
  fc.integer({ min: 0, max: 0x4000 }).map((offset) => BigInt(SPACE_ADDRESS + offset)),
  fc.integer({ min: 0, max: 4 }).map((page) => BigInt(SPACE_ADDRESS + page * 4096)),
  fc.constantFrom(BigInt(CODE_ADDRESS), 0x3ffffff000n, 0x3fffffe000n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
);

const syscall = fc.record({
  number: fc.constantFrom(...SYSCALLS.keys()),
  args: fc.tuple(argument, argument, argument, argument, argument, argument),
});

/** Memory that makes pointers to structures worth following: paths, small numbers, pointers to itself. */
const memory = fc.array(
  fc.oneof(
    fc
      .constantFrom('/program', '/dev/null', '/proc/self/maps', '/dev/fd/1', '/tmp/x', '..', '')
      .map((path) => new TextEncoder().encode(`${path}\0`.padEnd(16, '\0'))),
    fc
      .tuple(argument, argument)
      .map((words) => new Uint8Array(BigInt64Array.from(words.map((w) => BigInt.asIntN(64, w))).buffer)),
  ),
  { minLength: 4, maxLength: 40 },
);

test('no sequence of syscalls with any arguments breaks the kernel, and all memory comes back', () => {
  fc.assert(
    fc.property(memory, fc.array(syscall, { maxLength: 40 }), (contents, calls) => {
      const under = new KernelUnderTest({ memory: 4 * 2 ** 20 });
      contents.forEach((bytes, i) => under.put(bytes, SPACE_ADDRESS + i * 16));
      for (const { number, args } of calls) {
        let next = under.kernel.tasks().find((task) => task.state === 'runnable');
        if (!next) {
          const deadline = under.kernel.earliestDeadline();
          if (deadline === undefined) break;
          under.machine.clock.skipTo(deadline);
          under.kernel.wakeSleepers(deadline);
          next = under.kernel.tasks().find((task) => task.state === 'runnable');
          if (!next) break;
        }
        if (next !== under.kernel.current) under.switchTo(next);
        if (!under.kernel.deliverSignals()) continue;
        under.enter(number, ...args);
      }
      for (const pid of [...under.kernel.processes.keys()]) under.kernel.kill(pid, 9);
      assert.equal(under.kernel.tasks().length, 0);
      assert.equal(under.machine.frames.used, 0);
    }),
    { numRuns: 300 },
  );
});
