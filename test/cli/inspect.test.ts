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

  it('prints tables for people', () => {
    const { stdout } = pagewalk(['inspect', '--break', 'fork', sample('fork-cow')]);
    assert.match(stdout, /^stopped at fork in pid 1/);
    assert.match(stdout, /pid 2 \(parent 1\), running, independent/);
    assert.match(stdout, /0x11000 .* CoW/);
  });
});
