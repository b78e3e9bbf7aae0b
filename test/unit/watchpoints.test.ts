import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRANSLATOR, type TranslatorEngine } from '../../src/cpu/translator/translator-engine.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { Stop } from '../../src/machine/stop.ts';
import type { MemoryWatch, Watch, WatchHit } from '../../src/machine/watchpoint.ts';
import { pageFloor, virtAddr } from '../../src/memory/address.ts';
import { Pte } from '../../src/memory/pte.ts';
import { Watched } from '../../src/memory/watched-memory.ts';
import { SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compileGuest, machineOf } from '../machine-of.ts';

const SOURCE = `
#define _GNU_SOURCE
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int counter __attribute__((aligned(4096)));
int other;
_Atomic long total __attribute__((aligned(4096)));
char buffer[32] __attribute__((aligned(4096)));
char edge[8192] __attribute__((aligned(4096)));
volatile int *volatile one, *volatile two;
#define MARK(name) __attribute__((noipa)) void name(void) {}
MARK(begin) MARK(stores) MARK(kernel) MARK(forks) MARK(shares) MARK(end)
int main(void) {
    volatile int *c = &counter;
    begin();
    *c = 7; *c = 7; (void)*c; other = 1;
    stores();
    atomic_fetch_add(&total, 5);
    *(volatile int *)((char *)edge + 4094) = 0x01020304;
    kernel();
    int ends[2];
    pipe(ends);
    write(ends[1], "hello", 5);
    read(ends[0], buffer, 5);
    write(ends[1], buffer, 5);
    forks();
    int child = fork();
    if (child == 0) { *c = 42; _exit(0); }
    waitpid(child, 0, 0);
    *c = 9;
    shares();
    int file = memfd_create("m", 0);
    ftruncate(file, 4096);
    one = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    two = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    one[1] = 1;
    end();
    two[1] = 2;
    pwrite(file, "abcdefgh", 8, 0);
    munmap((void *)one, 4096);
    for (volatile int i = 0; i < 3000000; i++) other += i;
    return 0;
}`;

const bytes = compileGuest(SOURCE, '-O1');
const loaded = SymbolFile.load(bytes, 'watched');
if ('error' in loaded) throw new Error(loaded.error);
const symbols = loaded;

function addressOf(name: string): number {
  return symbols.symbol(name)!.va;
}

function run(machine: Machine): Stop {
  for (;;) {
    const stop = machine.run({ budget: 1_000_000 });
    if (stop.kind !== 'budget') return stop;
  }
}

function runTo(machine: Machine, name: string): void {
  machine.watchpoints.set([]);
  machine.setBreakpoints([virtAddr(addressOf(name))]);
  assert.equal(run(machine).kind, 'breakpoint');
  machine.setBreakpoints([]);
}

function hitsUntil(machine: Machine, name: string, ...watches: Watch[]): WatchHit[] {
  machine.watchpoints.set(watches);
  machine.setBreakpoints(name === '' ? [] : [virtAddr(addressOf(name))]);
  const hits: WatchHit[] = [];
  for (;;) {
    const stop = run(machine);
    if (stop.kind !== 'watch') {
      assert.equal(stop.kind, name === '' ? 'exited' : 'breakpoint');
      return hits;
    }
    hits.push(...stop.hits);
  }
}

function memory(name: string, size: number, on: MemoryWatch['on'], only?: number): MemoryWatch {
  const start = virtAddr(addressOf(name));
  return { kind: 'memory', pid: 1, start, end: virtAddr(start + size), on, ...(only === undefined ? {} : { only }) };
}

function word(data: Uint8Array): number {
  return data.length === 0 ? NaN : new DataView(data.buffer, data.byteOffset).getInt32(0, true);
}

/** `pid before->after` of hits that concern an int. */
function changes(hits: readonly WatchHit[]): string[] {
  return hits.map((hit) => (hit.kind === 'memory' ? `${hit.pid} ${word(hit.before)}->${word(hit.after)}` : hit.kind));
}

for (const engine of ['interpreter', 'auto'] as const) {
  const machine = (): Machine =>
    machineOf(bytes, { engine, ...(engine === 'auto' ? { translator: { ...SOON } } : {}) });

  test(`${engine}: a store, a change and a load are told apart; neighbours do not count`, () => {
    const expected = { store: ['1 0->7', '1 7->7'], change: ['1 0->7'], load: ['1 7->7'] };
    for (const [on, wanted] of Object.entries(expected)) {
      const guest = machine();
      runTo(guest, 'begin');
      assert.deepEqual(changes(hitsUntil(guest, 'stores', memory('counter', 4, on as MemoryWatch['on']))), wanted, on);
    }
  });

  test(`${engine}: an atomic instruction loads and stores; an access across two pages is one`, () => {
    for (const on of ['load', 'change'] as const) {
      const guest = machine();
      runTo(guest, 'stores');
      const edge = memory('edge', 4097, 'store');
      const [atomic, ...others] = hitsUntil(guest, 'kernel', memory('total', 8, on), {
        ...edge,
        start: virtAddr(edge.start + 4096),
      });
      assert.equal(atomic.kind, 'memory');
      assert.deepEqual(changes([atomic]), ['1 0->5']);
      assert.equal(others.length, 1);
      assert.deepEqual([...(others[0] as Extract<WatchHit, { kind: 'memory' }>).after], [2]);
    }
  });

  test(`${engine}: what system calls copy counts, and is theirs`, () => {
    const guest = machine();
    runTo(guest, 'kernel');
    const hits = hitsUntil(guest, 'forks', memory('buffer', 32, 'access'));
    assert.deepEqual(
      hits.map(({ by }) => (by.kind === 'kernel' ? `${by.work} ${by.name}` : by.kind)),
      ['syscall read', 'syscall write'],
    );
    const [read, write] = hits as Extract<WatchHit, { kind: 'memory' }>[];
    assert.deepEqual([read.access, write.access], [Watched.Stores, Watched.Loads]);
    assert.equal(Buffer.from(read.after).toString('latin1', 0, 5), 'hello');
    assert.deepEqual([...read.before], new Array(32).fill(0));
  });

  test(`${engine}: a page is watched in every process, or in one`, () => {
    for (const only of [undefined, 1]) {
      const guest = machine();
      runTo(guest, 'forks');
      const all = ['2 7->42', '1 7->9'];
      const hits = hitsUntil(guest, 'shares', memory('counter', 4, 'store', only));
      assert.deepEqual(changes(hits), only === undefined ? all : ['1 7->9']);
    }
  });

  test(`${engine}: an entry and a reference count are watched through a fork`, () => {
    const guest = machine();
    runTo(guest, 'forks');
    const va = virtAddr(addressOf('counter'));
    const hits = hitsUntil(
      guest,
      'shares',
      { kind: 'entry', pid: 1, va, level: 0 },
      { kind: 'refcount', pid: 1, va, on: 'change' },
    );
    const told = hits.map((hit) => {
      if (hit.kind === 'memory') return 'memory';
      const by = hit.by.kind === 'kernel' ? hit.by.name : hit.by.kind;
      const values =
        hit.kind === 'refcount' ? `${hit.before}->${hit.after}` : `${flags(hit.before)}->${flags(hit.after!)}`;
      return `${hit.kind} ${values} by ${by} of ${hit.pid}`;
    });
    assert.deepEqual(told, [
      'entry W->CoW by clone of 1',
      'refcount 1->2 by clone of 1',
      'refcount 2->1 by cow of 2',
      // The parent takes its frame over.
      'entry CoW->W by cow of 1',
      'entry W->W by instruction of 1',
    ]);
  });

  test(`${engine}: shared memory is watched wherever it is mapped, and when its file is written`, () => {
    const guest = machine();
    runTo(guest, 'end');
    const process = guest.process(1)!;
    const pointer = guest.read(process, virtAddr(addressOf('one')), 8);
    const start = virtAddr(Number(new DataView(pointer.buffer).getBigUint64(0, true)) + 4);
    const watch: Watch = { kind: 'memory', pid: 1, start, end: virtAddr(start + 4), on: 'change' };
    const hits = hitsUntil(guest, '', watch);
    assert.deepEqual(changes(hits), ['1 1->2', `1 2->${word(Buffer.from('efgh'))}`]);
    assert.notEqual((hits[0] as Extract<WatchHit, { kind: 'memory' }>).va, start);
    assert.deepEqual(hits[1].by, { kind: 'kernel', work: 'syscall', name: 'pwrite64' });
  });
}

/** Translates soon. */
const SOON = { ...DEFAULT_TRANSLATOR, threshold: 1 };

function flags(pte: number): string {
  return pte & Pte.W ? 'W' : pte & Pte.CoW ? 'CoW' : '';
}

test('a program that does not touch what is watched runs as it would without: same translations, same TLB', () => {
  const facts = [false, true].map((watched) => {
    const guest = machineOf(bytes, { engine: 'auto' });
    runTo(guest, 'end');
    if (watched) guest.watchpoints.set([memory('edge', 4096, 'access')]);
    assert.equal(run(guest).kind, 'exited');
    const engine = guest.engine as TranslatorEngine;
    return { ...engine.statistics, instret: guest.hart.instret };
  });
  assert.ok(facts[0].retired > 10_000_000, `${facts[0].retired}`);
  assert.deepEqual(facts[1], facts[0]);
});

test('a watched page is in no TLB for data, its neighbours are', () => {
  const guest = machineOf(bytes, { engine: 'interpreter' });
  runTo(guest, 'begin');
  guest.watchpoints.set([memory('total', 8, 'access')]);
  guest.setBreakpoints([virtAddr(addressOf('kernel'))]);
  while (run(guest).kind === 'watch');
  const cached = (name: string): boolean => {
    const page = pageFloor(addressOf(name));
    return guest.mmu.write.peek(page | 0, 0) >= 0;
  };
  assert.deepEqual([cached('counter'), cached('total')], [true, false]);
  guest.watchpoints.set([memory('counter', 4, 'access')]);
  assert.equal(cached('counter'), false);
});
