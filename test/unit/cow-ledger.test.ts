import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CowLedger } from '../../src/inspect/cow-ledger.ts';
import { ledgerPages, ledgerView, wholeLedger } from '../../src/inspect/ledger-view.ts';
import { Recent } from '../../src/inspect/recent.ts';
import { pidsBySpace } from '../../src/inspect/spaces.ts';
import type { MachineEvent } from '../../src/machine/machine-event.ts';
import { toHex } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { machineOf, sample } from '../machine-of.ts';

/** Runs until `hits` events of a kind have happened. */
function runTo(machine: Machine, kind: MachineEvent['kind'], hits: number): void {
  let left = hits;
  machine.stopOn = (event) => event.kind === kind;
  while (left > 0) if (machine.run({ budget: Infinity }).kind === 'event') left--;
}

/** `va frame pids` of every private frame that several spaces map, found by looking at every page of all of them. */
function sharedByTheTables(machine: Machine): string[] {
  const sharers = new Map<string, number[]>();
  for (const [space, [pid]] of pidsBySpace(machine))
    machine.inspector.forEachPage(space, machine.inspector.spaces()[0].range, ({ va, frame }) => {
      if (machine.frames.uses[frame] !== (FrameUse.Private as number)) return;
      const key = `${toHex(va)} ${frame}`;
      sharers.set(key, [...(sharers.get(key) ?? []), pid]);
    });
  return [...sharers].filter(([, pids]) => pids.length > 1).map(([key, pids]) => `${key} ${pids.join()}`);
}

describe('the ledger of copy-on-write', () => {
  for (const platform of ['independent', 'on-demand'])
    it(`has exactly the pages that are shared, each since one fork, on ${platform}`, () => {
      for (const hits of [1, 2, 4]) {
        const machine = machineOf(sample('fork-tree'), { platform });
        const ledger = new CowLedger(machine);
        machine.listener = (event) => ledger.notice(event);
        runTo(machine, 'exit', hits);
        const shared = wholeLedger(machine, ledger).pages.filter(({ state }) => state === 'shared');
        const rows = shared.map(({ va, frame, owners }) => `${va} ${frame} ${owners.map(({ pid }) => pid).join()}`);
        assert.ok(rows.length > 3);
        assert.deepEqual(rows.sort(), sharedByTheTables(machine).sort());
      }
    });

  it('has every break as it was told, and each began with a fork that the writer had a part in', () => {
    const machine = machineOf(sample('fork-tree'));
    const ledger = new CowLedger(machine);
    const told: string[] = [];
    const forks = new Map<number, number>();
    machine.listener = (event) => {
      ledger.notice(event);
      if (event.kind === 'fork') forks.set(event.child, event.pid);
      if (event.kind === 'cow-break') told.push(`${event.n} ${event.pid} ${event.before} ${event.after} ${event.how}`);
    };
    while (machine.run({ budget: Infinity }).kind !== 'exited');
    const { pages } = wholeLedger(machine, ledger);
    const rows = pages.map(({ frame, broke }) => `${broke!.n} ${broke!.pid} ${frame} ${broke!.after} ${broke!.how}`);
    assert.deepEqual(rows.sort(), told.sort());
    const view = ledgerView(machine, ledger);
    assert.deepEqual(
      view.forks.map(({ pid, child }) => [child, pid]),
      [...forks],
    );
    for (const { began, broke } of pages) {
      if (!began) continue;
      const { pid, child } = view.forks.find(({ id }) => id === began.fork)!;
      const ancestors = [broke!.pid];
      for (let one = forks.get(broke!.pid); one !== undefined; one = forks.get(one)) ancestors.push(one);
      assert.ok(ancestors.includes(pid) || ancestors.includes(child), `pid ${broke!.pid}, fork of ${pid}`);
      assert.ok(began.n < broke!.n);
    }
  });

  it('is read in parts', () => {
    const machine = machineOf(sample('fork-tree'));
    const ledger = new CowLedger(machine);
    machine.listener = (event) => ledger.notice(event);
    runTo(machine, 'exit', 1);
    const [fork] = ledger.forks;
    for (const state of ['shared', 'broken'] as const) {
      const whole = ledgerPages(machine, ledger, fork, state, 0, Infinity);
      const parts = [0, 2, 4, 6, 8].flatMap((skip) => ledgerPages(machine, ledger, fork, state, skip, 2).pages);
      assert.equal(whole.total, whole.pages.length);
      assert.deepEqual(parts, whole.pages.slice(0, 10));
    }
  });
});

describe('what is kept of much', () => {
  it('is the last of it, oldest first', () => {
    const recent = new Recent<number>(3);
    const dropped = [1, 2, 3, 4, 5].map((item) => recent.add(item));
    assert.deepEqual([...recent], [3, 4, 5]);
    assert.deepEqual(dropped, [undefined, undefined, undefined, 1, 2]);
    assert.equal(recent.dropped, 2);
  });
});
