import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameUse } from '../../src/memory/frames.ts';
import { FAULTY_PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { machineOf } from '../machine-of.ts';
import { stopText } from '../../src/machine/stop-text.ts';

/** What the debugger says of a faulty platform, and the platform that is in order. */
interface Finding {
  readonly sound: string;
  readonly stop: 'invariant' | 'platform-failure';
  /** The number of the invariant that is broken. */
  readonly invariant?: number;
  readonly says: RegExp;
  readonly memory?: number;
}

const MIB = 2 ** 20;

/** Every platform of the gallery, by its name; its guest is test/guests/gallery/NAME.c. */
const FINDINGS: Readonly<Record<string, Finding>> = {
  'handler-on-shared-stack': {
    sound: 'independent',
    stop: 'platform-failure',
    says: /nested copy-on-write fault: the handler of the fault at 0x[0-9a-f]+ itself wrote 0x3f[0-9a-f]+/,
  },
  'rolls-back-shared-memory': {
    sound: 'partitioned',
    stop: 'invariant',
    invariant: 7,
    says: /the snapshot of space 1 has saved a shared page, and will roll back what others stored in it/,
  },
  'present-bit-never-set': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 5,
    says: /refused an access that the mapping .* allows: the page is present and copy-on-write/,
  },
  'mprotect-forgets-cow': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 5,
    says: /an entry is neither writable nor CoW in the mapping/,
  },
  'remap-copies-whole-range': {
    sound: 'independent',
    stop: 'platform-failure',
    says: /remap reads past its source: 12288 bytes from 0x[0-9a-f]+, but the source .* has only 8192 from there/,
  },
  'eight-bit-refcount': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 3,
    says: /frame 0x[0-9a-f]+ has a refcount of 0, but 256 references/,
  },
  'failed-fork-leaks': {
    sound: 'independent-eager',
    stop: 'invariant',
    invariant: 8,
    says: /^invariant 8 \(nothing leaks\) is broken in pid 1: \d+ frames are in use, but nobody refers to them: 0x[0-9a-f]+(-0x[0-9a-f]+|, )/,
    memory: 8 * MIB,
  },
  'slot-leaks-on-exit': {
    sound: 'partitioned',
    stop: 'invariant',
    invariant: 8,
    says: /slot 1, 0x100000000-0x200000000, is in use, but no space lives there or has reserved it/,
  },
  'refork-loses-cow': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 5,
    says: /space 3, 0x[0-9a-f]+: an entry is neither writable nor CoW/,
  },
  'copyout-through-cow': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 2,
    says: /was written while it was shared copy-on-write by 2 pages; the last system call was read/,
  },
  'pinned-page-goes-with-child': {
    sound: 'independent',
    stop: 'invariant',
    invariant: 2,
    says: /space 2, 0x3f[0-9a-f]+: the page has frame 0x[0-9a-f]+, which space 1 has pinned/,
  },
};

function guestOf(name: string): Uint8Array {
  return compileGuest(`gallery/${name}.c`, ['-O1', '-static', '-g']).bytes;
}

test('every faulty platform has its guest and its finding', () => {
  assert.deepEqual(
    [...FAULTY_PLATFORM_NAMES].sort(),
    Object.keys(FINDINGS)
      .map((name) => `faulty/${name}`)
      .sort(),
  );
});

for (const [name, { sound, stop: kind, invariant, says, memory = 64 * MIB }] of Object.entries(FINDINGS)) {
  const program = () => guestOf(name);

  test(`faulty/${name}: the real cause is named`, () => {
    const machine = machineOf(program(), { platform: `faulty/${name}`, check: true, memory });
    const stop = machine.run({ budget: 1e9 });
    assert(stop.kind === 'invariant' || stop.kind === 'platform-failure', `${stop.kind}: ${machine.printed.stdout}`);
    assert.equal(stop.kind, kind, stopText(stop));
    assert.match(stopText(stop), says);
    if (stop.kind === 'invariant') assert.equal(stop.violation.invariant, invariant);
  });

  test(`its guest has nothing wrong on ${sound}`, () => {
    const machine = machineOf(program(), { platform: sound, check: true, memory });
    const stop = machine.run({ budget: 1e9 });
    const why = stop.kind === 'invariant' ? stopText(stop) : machine.printed.stdout;
    assert.deepEqual(
      { ...stop, task: undefined },
      { kind: 'exited', code: 0, signal: undefined, task: undefined },
      why,
    );
  });
}

test('what is written through a copy-on-write page is found while something else is broken too', () => {
  const program = guestOf('copyout-through-cow');
  const machine = machineOf(program, { platform: 'faulty/copyout-through-cow', check: true });
  machine.inspector.frames.allocate(FrameUse.Private);
  const found: number[][] = [];
  for (;;) {
    const stop = machine.run({ budget: 1e9 });
    if (stop.kind !== 'invariant') break;
    found.push([stop.violation, ...stop.others].map((violation) => violation.invariant));
  }
  assert.ok(found.every(([first]) => first === 8));
  assert.deepEqual(
    found.filter((all) => all.length > 1),
    [[8, 2]],
  );
});

test('a miscounted frame ends the run as a failure of the platform, also where nobody checks', () => {
  const stop = machineOf(guestOf('eight-bit-refcount'), { platform: 'faulty/eight-bit-refcount' }).run({ budget: 1e9 });
  assert(stop.kind === 'platform-failure', stop.kind);
  assert.match(stopText(stop), /^frame 0x[0-9a-f]+ was released more often than referenced/);
});
