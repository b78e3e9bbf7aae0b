import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Snapshot } from '../../src/inspect/snapshot.ts';
import { pagewalk, sample } from './command.ts';

function inspect(where: string, ...more: string[]): Snapshot {
  const { status, stdout, stderr } = pagewalk(['inspect', '--json', '--break', where, ...more, sample('fork-cow')]);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return JSON.parse(stdout) as Snapshot;
}

describe('pagewalk inspect', () => {
  it('shows both sides of a fork sharing their private writable pages', () => {
    const { stop, processes } = inspect('fork');
    assert.equal(stop.event, 'fork');
    assert.deepEqual(
      processes.map(({ pid, parent, state }) => ({ pid, parent, state })),
      [
        { pid: 1, parent: 0, state: 'running' },
        { pid: 2, parent: 1, state: 'running' },
      ],
    );
    const [parent, child] = processes as [Snapshot['processes'][0], Snapshot['processes'][0]];
    const counter = (side: typeof parent) => side.pages.find(({ va }) => va === '0x11000')!;
    assert.deepEqual(
      { ...counter(parent), pte: '' },
      {
        va: '0x11000',
        level: 0,
        pte: '',
        frame: counter(child).frame,
        refcount: 2,
        cow: true,
        flags: 'VR--U-AD',
        sharedWith: [2],
        names: ['counter'],
      },
    );
    assert.deepEqual(counter(child).sharedWith, [1]);
  });

  it('stops at a CoW fault before the page is split, and the second hit finds it split', () => {
    const first = inspect('fault:cow');
    assert.deepEqual(
      { event: first.stop.event, cause: first.stop.cause, access: first.stop.access },
      {
        event: 'fault',
        cause: 'cow',
        access: 'store',
      },
    );
    const later = inspect('fault:cow', '--hit', '4');
    const page = (side: Snapshot, pid: number, va: string) =>
      side.processes.find((process) => process.pid === pid)?.pages.find((one) => one.va === va);
    assert.notEqual(page(later, 1, '0x11000')?.frame, page(later, 2, '0x11000')?.frame);
  });

  it('stops at a line, a function and an address', () => {
    for (const where of ['main', 'fork-cow.c:33', '*0x107a0']) assert.equal(inspect(where).stop.event, 'breakpoint');
  });

  it('shows the windows, slots and handles of a partitioned platform', () => {
    const { lineage, layers, slots, slotCount, handles, processes } = inspect(
      'fault:cow',
      ...['--platform', 'partitioned', '--hit', '3'],
    );
    const gate = 'parent pid 1 waits: child 2 runs in its pages';
    assert.deepEqual(
      lineage.map(({ pid, forkedFrom, gate: waits }) => [pid, forkedFrom, waits]),
      [
        [1, undefined, gate],
        [2, 1, undefined],
      ],
    );
    const [layer] = layers;
    assert.deepEqual(
      [layer.parents, layer.children, layer.depth, layer.gate],
      [[1], [2], 0, { state: 'closed', reason: gate }],
    );
    assert.equal(layer.pages.filter(({ kind }) => kind === 'saved').length, layer.saved);
    const saved = layer.pages.find(({ va }) => va === '0x11000')!;
    assert.equal(saved.kind, 'saved');
    assert.notEqual(saved.savedIn, saved.frame);
    const sides = processes.map(({ pages }) => pages.find(({ va }) => va === '0x11000')!);
    assert.deepEqual(
      sides.map(({ frame, sharedWith }) => [frame, sharedWith]),
      [
        [saved.frame, [2]],
        [saved.frame, [1]],
      ],
    );
    assert.equal(slotCount, 64);
    assert.deepEqual(
      slots.map(({ processes: here, reservedFor }) => [here, reservedFor]),
      [
        [[1, 2], []],
        [[], [2]],
      ],
    );
    assert.deepEqual(
      handles.map(({ space, parent, state }) => [space, parent, state]),
      [
        [1, undefined, 'live'],
        [2, 1, 'live'],
      ],
    );
  });

  it('stops at a broken invariant, or where a platform cannot go on, and says what is wrong', () => {
    const broken = inspect('invariant', '--platform', 'faulty/rolls-back-shared-memory');
    assert.match(broken.stop.why!, /^invariant 7 \(shared memory stays shared\) is broken in pid 1: .*; frame 0x/);
    assert.deepEqual([broken.stop.event, broken.stop.va], ['invariant', broken.layers[0].pages[0].va]);
    assert.equal(
      broken.layers[0].pages[0].explanation,
      'shared, but saved: what others store in it will be rolled back',
    );
    const nested = inspect('invariant', '--platform', 'faulty/handler-on-shared-stack');
    assert.match(nested.stop.why!, /^nested copy-on-write fault: /);
    const sound = pagewalk(['inspect', '--break', 'invariant', sample('fork-cow')]);
    assert.match(sound.stderr, /the program ended \(status 0\) and never came to invariant\n$/);
  });

  it('prints tables for people', () => {
    const { stdout } = pagewalk(['inspect', '--break', 'fork', sample('fork-cow')]);
    assert.match(stdout, /^stopped at fork in pid 1/);
    assert.match(stdout, /pid 2 \(parent 1\), running, independent/);
    assert.match(stdout, /0x11000 .* CoW/);
    assert.match(stdout, /^lineage\n {2}pid 1 fork-cow: space 1\n {4}pid 2 fork-cow: space 2$/m);
    assert.match(stdout, /^handles: 2 live, 0 consumed$/m);
    const window = pagewalk(['inspect', '--break', 'exit', '--platform', 'partitioned', sample('fork-cow')]).stdout;
    assert.match(
      window,
      /^snapshot layer 0 at 0x10000: pages of pid 1; pid 2 in them; \d of 6 saved; gate closed: parent/m,
    );
    assert.match(
      window,
      /^ +0x11000 {2}saved {2}VRW-U-AD +0x[0-9a-f]+ {2}in 0x[0-9a-f]+ +changed: its bytes are put back$/m,
    );
    assert.match(window, /^slots: 2 of 64 in use$/m);
  });
});
