import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pagewalk, sample, scratch } from './command.ts';

interface Event {
  readonly n: number;
  readonly pid: number;
  readonly event: string;
  readonly cause?: string;
  readonly va?: string;
  readonly access?: string;
  readonly child?: number;
}

describe('pagewalk run', () => {
  it("passes the guest's output and exit status through", () => {
    const { status, stdout, stderr } = pagewalk(['run', sample('fork-cow')]);
    assert.equal(
      stdout,
      "child:  counter 2 -> 42, note Carent's\nparent: counter 3, note parent's, mailbox 7, child's status 3\n",
    );
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('writes events as JSON lines: the fork, then the CoW faults of both sides', () => {
    const file = path.join(scratch(), 'events.jsonl');
    pagewalk(['run', '--events', file, sample('fork-cow')]);
    const events = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    const fork = events.findIndex(({ event }) => event === 'fork');
    assert.deepEqual({ pid: events[fork]?.pid, child: events[fork]?.child }, { pid: 1, child: 2 });
    const copies = events.slice(fork).filter(({ event, cause }) => event === 'fault' && cause === 'cow');
    assert.ok(copies.some(({ pid }) => pid === 1) && copies.some(({ pid }) => pid === 2));
    for (const { va, access } of copies) {
      assert.match(va ?? '', /^0x[0-9a-f]+$/);
      assert.equal(access, 'store');
    }
    const counts = events.map(({ n }) => n);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
      'in order of the instruction count',
    );
  });

  it('gives the same events every time', () => {
    const [first, second] = [1, 2].map(() => pagewalk(['run', '--events', '-', sample('fork-tree')]).stderr);
    assert.ok(first.length > 1000);
    assert.equal(first, second);
  });

  it('writes statistics', () => {
    const file = path.join(scratch(), 'stats.json');
    pagewalk(['run', '--stats', file, sample('fork-tree')]);
    const stats = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> & {
      faults: Record<string, number>;
      syscalls: Record<string, number>;
    };
    assert.deepEqual(Object.keys(stats), [
      'instructions',
      'hostSeconds',
      'mips',
      'faults',
      'framesCopied',
      'peakFrames',
      'forks',
      'syscalls',
      'engine',
    ]);
    assert.equal(stats['forks'], 7);
    assert.equal(stats.syscalls['wait4'], 7);
    assert.ok(stats.faults['cow'] > 8);
  });

  it('passes options after the program to the guest', () => {
    const { status, stderr } = pagewalk(['run', sample('fork-cow'), '--platform', 'nonsense']);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('names a broken invariant with its page, frame and owners', () => {
    const { status, stderr } = pagewalk([
      ...['run', '--check', '--platform', 'faulty/rolls-back-shared-memory'],
      sample('fork-cow'),
    ]);
    assert.equal(status, 70);
    assert.match(
      stderr,
      /^pagewalk: invariant 7 \(shared memory stays shared\) is broken in pid 1: space 2, 0x[0-9a-f]+: .*; frame 0x[0-9a-f]+: shared anonymous memory, page 0; snapshot of pid 1 at 0x[0-9a-f]+; pid 2 at 0x[0-9a-f]+\n$/,
    );
  });

  it('finds no broken invariant in the samples', () => {
    for (const name of ['fork-cow', 'page-faults', 'fork-tree']) {
      const { status, stderr } = pagewalk(['run', '--check', sample(name)]);
      assert.deepEqual({ name, status, stderr }, { name, status: 0, stderr: '' });
    }
  });

  it('gives ENOSYS to a fork on the platform that has one space only', () => {
    const { stdout, status } = pagewalk(['run', '--platform', 'single', sample('fork-cow')]);
    assert.match(stdout, /parent: counter 3/);
    assert.equal(status, 0);
  });
});
