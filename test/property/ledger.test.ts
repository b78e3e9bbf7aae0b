import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChangeMarks } from '../../src/inspect/changes/change-marks.ts';
import { changesLine } from '../../src/inspect/changes/change-text.ts';
import { ChangeTracker } from '../../src/inspect/changes/change-tracker.ts';
import { CowLedger } from '../../src/inspect/cow-ledger.ts';
import { forkDiff, forkDiffPages } from '../../src/inspect/fork-diff.ts';
import { forkPair } from '../../src/inspect/fork-pages.ts';
import { ledgerPages, ledgerView, wholeLedger } from '../../src/inspect/ledger-view.ts';
import { mappingViews } from '../../src/inspect/mapping-view.ts';
import { pageViews } from '../../src/inspect/page-view.ts';
import type { PageChangeKind } from '../../src/inspect/view.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { MachineEvent } from '../../src/machine/machine-event.ts';
import { PAGE_SIZE, pageFloor, toHex, virtAddr, type FrameNumber, type VirtAddr } from '../../src/memory/address.ts';
import { FrameTable, FrameUse } from '../../src/memory/frames.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { Mmu } from '../../src/memory/mmu.ts';
import { PageTables, SV39 } from '../../src/memory/page-table.ts';
import type { AddressSpace } from '../../src/platform/address-space.ts';
import { MemoryObject } from '../../src/platform/memory-object.ts';
import type { AddressSpaceProvider } from '../../src/platform/provider.ts';
import { PLATFORM_NAMES, createProvider } from '../../src/platform/registry.ts';
import { ok } from '../../src/result.ts';

const PAGES = 24;
const MOST_PROCESSES = 7;
const RW = 2 | 4;

type Step =
  | { readonly kind: 'fork'; readonly who: number; readonly share: 'copy-memory' | 'share-memory' }
  | { readonly kind: 'write' | 'read' | 'poke'; readonly who: number; readonly page: number }
  | { readonly kind: 'map'; readonly who: number; readonly page: number; readonly source: 'zeroes' | 'file' | 'shared' }
  | { readonly kind: 'unmap' | 'protect'; readonly who: number; readonly page: number; readonly pages: number }
  | { readonly kind: 'exec' | 'exit'; readonly who: number };

const who = fc.nat(MOST_PROCESSES - 1);
const page = fc.nat(PAGES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('fork' as const),
      who,
      share: fc.constantFrom(
        'copy-memory' as const,
        'copy-memory' as const,
        'copy-memory' as const,
        'share-memory' as const,
      ),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('write' as const, 'write' as const, 'read' as const, 'poke' as const),
      who,
      page,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('map' as const),
      who,
      page,
      source: fc.constantFrom('zeroes' as const, 'file' as const, 'shared' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('unmap' as const, 'protect' as const),
      who,
      page,
      pages: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('exec' as const, 'exit' as const, 'exit' as const), who }),
  },
);

interface TestProcess {
  readonly pid: number;
  state: 'running' | 'reaped';
  space: AddressSpace | undefined;
}

/** A fork as the test remembers it. */
interface Fork {
  readonly parent: TestProcess;
  readonly child: TestProcess;
  /** Both sides have the memory that they had at the fork. */
  isWhole: boolean;
}

/** Processes that fork, write, execute and end on a platform, and a ledger that hears of it. */
class World {
  readonly provider: AddressSpaceProvider;
  readonly frames = new FrameTable(new GuestMemory(16 * 2 ** 20));
  readonly mmu: Mmu;
  readonly processes = new Map<number, TestProcess>();
  readonly forks: Fork[] = [];
  readonly ledger: CowLedger;
  readonly tracker: ChangeTracker;
  readonly marks: ChangeMarks;
  /** Pages whose sharing was broken since the last stop, by process. */
  readonly broken = new Map<number, Set<number>>();
  readonly machine: Machine;
  readonly objects: readonly MemoryObject[];
  #now: { pid: number } = { pid: 0 };
  #n = 0;

  constructor(platform: string) {
    const tables = new PageTables(this.frames, SV39);
    this.mmu = new Mmu(this.frames, tables);
    const provider = createProvider(platform, { frames: this.frames, tables });
    assert(provider.ok);
    this.provider = provider.value;
    this.objects = [1, 2].map(
      (identity) =>
        new MemoryObject(this.frames, identity, `object ${identity}`, {
          size: () => PAGES * PAGE_SIZE,
          read: (_at, into) => into.fill(identity),
        }),
    );
    const { frames } = this;
    // What the ledger and the views read of a machine.
    this.machine = {
      frames,
      provider: this.provider,
      inspector: this.provider.inspector,
      process: (pid: number) => this.processes.get(pid),
      kernel: { processes: this.processes },
      memory: frames.memory,
      hart: { instret: 0 },
    } as unknown as Machine;
    this.ledger = new CowLedger(this.machine);
    this.tracker = new ChangeTracker(this.machine, this.ledger);
    this.marks = new ChangeMarks(this.machine, this.ledger, this.tracker);
    this.provider.listener = (event) => this.tell(event);
    const made = this.provider.create();
    assert(made.ok);
    const first = this.add(made.value);
    this.build(first);
  }

  private add(space: AddressSpace): TestProcess {
    const process: TestProcess = { pid: this.processes.size + 1, state: 'running', space };
    this.processes.set(process.pid, process);
    return process;
  }

  private tell(event: object): void {
    const told = { n: ++this.#n, ...this.#now, tid: 0, pc: 0, ...event } as MachineEvent;
    this.ledger.notice(told);
    this.tracker.notice(told);
    if (told.kind !== 'cow-break') return;
    const memory = this.ledger.tree.memoryOf(told.space);
    this.broken.set(memory, (this.broken.get(memory) ?? new Set()).add(pageFloor(told.va)));
  }

  /** Zeroes, a private file and shared memory, some of which is used. */
  private build(process: TestProcess): void {
    this.#now = process;
    for (const [at, source] of (['zeroes', 'file', 'shared', 'zeroes'] as const).entries())
      this.map(process, at * 6, 6, source);
    for (const used of [0, 1, 2, 6, 7, 12, 13, 18, 19]) this.touch(process, used, used % 2 === 0);
  }

  private at(process: TestProcess, page: number): VirtAddr {
    const { start } = this.provider.range(process.space!);
    return virtAddr(Math.ceil(start / 2 ** 30) * 2 ** 30 + 2 ** 21 - (PAGES / 2) * PAGE_SIZE + page * PAGE_SIZE);
  }

  private map(process: TestProcess, page: number, pages: number, source: 'zeroes' | 'file' | 'shared'): void {
    const object = { zeroes: undefined, file: this.objects[0], shared: this.objects[1] }[source];
    this.provider.with(process.space!, (access) =>
      access.map({
        placement: { kind: 'replace', start: this.at(process, page) },
        length: pages * PAGE_SIZE,
        permissions: RW,
        sharing: source === 'shared' ? 'shared' : 'private',
        ...(object ? { object, offset: page * PAGE_SIZE } : {}),
      }),
    );
  }

  private touch(process: TestProcess, page: number, writes: boolean): void {
    this.provider.with(process.space!, (access) =>
      writes
        ? access.write(this.at(process, page), Uint8Array.of(this.#n))
        : access.read(this.at(process, page), new Uint8Array(1)),
    );
  }

  private isParked({ space }: TestProcess): boolean {
    const label = this.provider.label(space!);
    return this.provider.inspector.images().some(({ isParked, spaces }) => isParked && spaces.includes(label));
  }

  get running(): TestProcess[] {
    return [...this.processes.values()].filter(({ space }) => space);
  }

  run(step: Step): void {
    let process = this.running[step.who % this.running.length];
    // One whose pages another runs in does nothing but be written for, and be killed.
    if (this.isParked(process) && !['read', 'write', 'poke', 'exit'].includes(step.kind))
      process = this.running.findLast((one) => !this.isParked(one))!;
    this.#now = process;
    const range = (from: number, pages: number): { start: VirtAddr; end: VirtAddr } => ({
      start: this.at(process, from),
      end: virtAddr(this.at(process, from) + pages * PAGE_SIZE),
    });
    switch (step.kind) {
      case 'fork': {
        if (this.running.length >= MOST_PROCESSES) return;
        const forked = this.provider.fork(process.space!, step.share);
        if (!forked.ok) return;
        const child = this.add(forked.value.child);
        if (step.share === 'copy-memory') this.forks.push({ parent: process, child, isWhole: true });
        this.tell({ kind: 'fork', child: child.pid, share: step.share });
        return;
      }
      case 'write':
      case 'read':
        return this.touch(process, step.page, step.kind === 'write');
      case 'poke':
        this.provider.with(process.space!, (access) => access.poke(this.at(process, step.page), Uint8Array.of(7)));
        return;
      case 'map':
        return this.map(process, step.page, 1, step.source);
      case 'unmap':
        this.provider.with(process.space!, (access) => access.unmap(range(step.page, step.pages)));
        return;
      case 'protect':
        this.provider.with(process.space!, (access) => access.protect(range(step.page, step.pages), 2));
        return;
      case 'exec':
        if (!this.provider.replaceImage(process.space!, () => ok()).ok) return;
        this.sever(process);
        this.tell({ kind: 'exec', path: '', argv: [] });
        return this.build(process);
      case 'exit':
        if (this.running.length === 1) return;
        this.tell({ kind: 'exit', status: { kind: 'exited', code: 0 } });
        assert(this.provider.destroy(process.space!).ok);
        process.space = undefined;
        process.state = 'reaped';
        return this.sever(process);
    }
  }

  /** A process has not the memory any more that it had at its forks. */
  private sever(process: TestProcess): void {
    for (const fork of this.forks) if (fork.parent === process || fork.child === process) fork.isWhole = false;
  }

  finish(): void {
    for (const { space } of this.running) assert(this.provider.destroy(space!).ok);
    for (const object of this.objects) object.release();
    assert.equal(this.frames.used, 0);
  }

  /** What the tables say of the page of a process: the frame, or that of the bytes that are kept for one that waits. */
  private frameAt(process: TestProcess, va: VirtAddr): FrameNumber | undefined {
    const label = this.provider.label(process.space!);
    const { inspector } = this.provider;
    const bytes = inspector.peek(label, va);
    const leaf = inspector.walk(label, va).at(-1)!;
    if (!bytes) return undefined;
    const isPresent = this.isParked(process)
      ? inspector.images().some(({ layer }) => layer?.parents.includes(label) && layer.pages.has(va))
      : leaf.level === 0 && (leaf.pte & 1) !== 0;
    // Bytes are views of guest RAM where a frame has them: where they begin says which.
    return isPresent ? (((bytes.byteOffset - this.frames.memory.layout.ram) / PAGE_SIZE) as FrameNumber) : undefined;
  }

  /** Every fork's pages, counted page by page. */
  check(): void {
    const view = ledgerView(this.machine, this.ledger);
    assert.equal(view.forks.length, this.forks.length);
    const whole = wholeLedger(this.machine, this.ledger);
    for (const [index, { parent, child, isWhole }] of this.forks.entries()) {
      const row = view.forks[index];
      assert.equal(row.child, child.pid);
      const expected: string[] = [];
      const counts = { split: 0, same: 0, private: 0, file: 0, shared: 0 };
      if (isWhole)
        for (let page = 0; page < PAGES; page++) {
          const va = this.at(parent, page);
          const [mine, theirs] = [this.frameAt(parent, va), this.frameAt(child, va)];
          if (mine === undefined || theirs === undefined) continue;
          counts[mine === theirs ? 'same' : 'split']++;
          if (mine !== theirs) continue;
          const mapping = this.provider.inspector
            .mappings(this.provider.label(parent.space!))
            .find(({ start, end }) => start <= va && va < end);
          const kind =
            this.frames.useOf(mine) === FrameUse.Private
              ? 'private'
              : mapping?.sharing === 'shared'
                ? 'shared'
                : 'file';
          counts[kind]++;
          if (kind === 'private') expected.push(toHex(va));
        }
      const { pages, total } = ledgerPages(
        this.machine,
        this.ledger,
        this.ledger.tree.fork(row.id),
        'shared',
        0,
        Infinity,
      );
      assert.deepEqual(
        pages.map(({ va }) => va),
        expected,
        `pages that fork ${row.id} shares`,
      );
      assert.equal(row.shared, expected.length);
      assert.equal(total, expected.length);
      for (const { owners } of pages) {
        const pids = owners.map(({ pid }) => pid);
        assert(pids.includes(parent.pid) && pids.includes(child.pid));
      }
      const inWhole = whole.pages.filter(({ state, forks }) => state === 'shared' && forks.includes(row.id));
      assert.deepEqual(inWhole.map(({ va }) => va).sort(), [...expected].sort());
      if (!isWhole) continue;
      const pair = forkPair(this.machine, parent.pid, child.pid)!;
      const diff = forkDiff(this.machine, pair);
      const { split, same, ...kinds } = counts;
      assert.deepEqual([diff.counts.split, diff.counts.same], [split, same]);
      assert.deepEqual(diff.same, kinds);
      const rows = forkDiffPages(this.machine, this.ledger, pair, 'same', 0, Infinity, { same: 'private' }).pages;
      assert.deepEqual(
        rows.map(({ va }) => va),
        expected,
      );
    }
    this.checkElsewhere();
    this.checkSpaces();
  }

  /** A private frame that several memories have is in the ledger: since a fork whose sides have it, or elsewhere. */
  private checkElsewhere(): void {
    const { tree } = this.ledger;
    const held = new Map<string, Set<number>>();
    for (const process of this.running)
      for (let page = 0; page < PAGES; page++) {
        const va = this.at(process, page);
        const frame = this.frameAt(process, va);
        if (frame === undefined || this.frames.useOf(frame) !== FrameUse.Private) continue;
        const key = `${toHex(va)} ${frame}`;
        held.set(key, (held.get(key) ?? new Set()).add(tree.memoryOfProcess(process.pid)!));
      }
    const inLedger = new Set<string>();
    for (const fork of this.ledger.forks) {
      const elsewhere = ledgerPages(this.machine, this.ledger, fork, 'elsewhere', 0, Infinity).pages;
      const both = ledgerPages(this.machine, this.ledger, fork, 'shared', 0, Infinity).pages.map(({ frame }) => frame);
      for (const { va, frame } of elsewhere) {
        const memories = [...held.get(`${va} ${frame}`)!];
        assert(memories.some((one) => tree.isSince(one, fork)) && memories.some((one) => !tree.isSince(one, fork)));
        assert(!both.includes(frame));
      }
      for (const { va, frame } of [
        ...elsewhere,
        ...ledgerPages(this.machine, this.ledger, fork, 'shared', 0, Infinity).pages,
      ])
        inLedger.add(`${va} ${frame}`);
    }
    const shared = [...held].filter(([, memories]) => memories.size > 1).map(([key]) => key);
    assert.deepEqual([...inLedger].sort(), shared.sort());
    const whole = wholeLedger(this.machine, this.ledger).pages.filter(({ state }) => state === 'shared');
    assert.deepEqual(whole.map(({ va, frame }) => `${va} ${frame}`).sort(), shared);
  }

  /** The counts of mappings are those of their pages, and a process has no page of another one. */
  private checkSpaces(): void {
    for (const process of this.running) {
      const label = this.provider.label(process.space!);
      const present: number[] = [];
      const shared: number[] = [];
      for (let page = 0; page < PAGES; page++) {
        const va = this.at(process, page);
        const frame = this.frameAt(process, va);
        if (frame === undefined) continue;
        present.push(va);
        const memory = this.ledger.tree.memoryOfProcess(process.pid);
        const isShared = this.running.some(
          (other) =>
            this.ledger.tree.memoryOfProcess(other.pid) !== memory &&
            this.at(other, page) === va &&
            this.frameAt(other, va) === frame,
        );
        if (isShared && this.frames.useOf(frame) === FrameUse.Private) shared.push(va);
      }
      const views = mappingViews(this.machine, label);
      const sum = (key: 'present' | 'shared'): number => views.reduce((total, view) => total + view[key], 0);
      assert.deepEqual([sum('present'), sum('shared')], [present.length, shared.length]);
      assert.deepEqual(
        pageViews(this.machine, label).map(({ va }) => Number(va)),
        present,
      );
    }
  }

  /** Everything about every page, found by looking at all of them. */
  look(): Look {
    const pages = new Map<string, PageLook>();
    const memories = new Set<number>();
    for (const process of this.running) {
      const label = this.provider.label(process.space!);
      const memory = this.ledger.tree.memoryOfProcess(process.pid)!;
      memories.add(memory);
      const { inspector } = this.provider;
      const flags = new Map<number, number>();
      inspector.forEachPage(label, inspector.viewOf(label).range, ({ va, pte }) => flags.set(va, pte & 0x3ff));
      for (let page = 0; page < PAGES; page++) {
        const va = this.at(process, page);
        const frame = this.frameAt(process, va);
        const mapping = inspector.mappings(label).find(({ start, end }) => start <= va && va < end);
        pages.set(`${memory} ${va}`, {
          frame,
          flags: frame === undefined ? 0 : flags.get(va)!,
          references: frame === undefined ? 0 : inspector.references(frame, va),
          mapping: mapping
            ? `${mapping.permissions} ${mapping.sharing} ${mapping.object?.identity} ${mapping.object ? mapping.offset - mapping.start : ''}`
            : '',
        });
      }
    }
    return { pages, memories };
  }

  /** What the tracker says has changed since `before`. */
  checkChanges(before: Look, countsReferences: boolean): void {
    const after = this.look();
    const changes = this.tracker.changes!;
    let isAnything = changes.processes.length > 0 || changes.restored > 0;
    for (const memory of after.memories) {
      const found = changes.memories.get(memory);
      const listed = new Map(found?.pages.map((page) => [page.va, page]));
      if (!before.memories.has(memory)) {
        assert.deepEqual([...listed.keys()].sort(), [...(this.broken.get(memory) ?? [])].sort());
        isAnything ||= listed.size > 0;
        continue;
      }
      const process = this.running.find(({ pid }) => this.ledger.tree.memoryOfProcess(pid) === memory)!;
      const label = this.provider.label(process.space!);
      const recounts = this.marks.recounts(label)!;
      for (let page = 0; page < PAGES; page++) {
        const va = this.at(process, page);
        const [was, is] = [before, after].map(({ pages }) => pages.get(`${memory} ${va}`)!);
        const change = listed.get(va);
        listed.delete(va);
        const isSame = was.frame === is.frame && was.flags === is.flags;
        assert.equal(change === undefined, isSame, `page ${toHex(va)}: ${JSON.stringify([was, is, change])}`);
        if (change)
          assert(possibleKinds(was, is).includes(change.kind), `${change.kind}: ${JSON.stringify([was, is])}`);
        const isReal = change !== undefined && change.kind !== 'used';
        isAnything ||= isReal;
        const isListed = found?.mappings.some(({ start, end }) => start <= va && va < end) ?? false;
        if (isListed) assert(was.mapping !== is.mapping, `the mapping of ${toHex(va)} has not changed`);
        if (was.mapping !== is.mapping) {
          isAnything = true;
          const of = found?.mappings.filter(({ start, end }) => start <= va && va < end) ?? [];
          assert(of.length > 0, `the mapping of ${toHex(va)} has changed`);
        }
        if (is.frame === undefined || this.isParked(process)) continue;
        const counts = recounts(va, (is.frame << 10) | is.flags);
        if (countsReferences && !isReal) {
          assert.deepEqual(counts, { before: was.references, now: is.references });
          const mark = this.marks.page(label, va, (is.frame << 10) | is.flags);
          assert.equal(mark !== undefined, counts.before !== counts.now);
        }
      }
      assert.equal(listed.size, 0);
      const total = Object.values(found?.counts ?? {}).reduce((sum, count) => sum + count, 0);
      assert.equal(total, found?.pages.length ?? 0);
      isAnything ||= (found?.mappings.length ?? 0) > 0;
    }
    const line = changesLine(changes, 1, (_pid, va) => toHex(va));
    assert.equal(line !== undefined, isAnything, line);
    assert((line?.length ?? 0) < 1000);
  }
}

interface PageLook {
  readonly frame: FrameNumber | undefined;
  readonly flags: number;
  readonly references: number;
  readonly mapping: string;
}

interface Look {
  readonly pages: ReadonlyMap<string, PageLook>;
  readonly memories: ReadonlySet<number>;
}

const [W, A_AND_D, COW] = [4, 0xc0, 0x100];

/** What a page may be said to have become, from its frame and flags before and after. */
function possibleKinds(was: PageLook, is: PageLook): readonly PageChangeKind[] {
  if (was.frame === undefined) return ['mapped'];
  if (is.frame === undefined) return ['unmapped'];
  if (was.frame !== is.frame) return ['split', 'taken-over', 'saved', 'kept', 'restored', 'replaced'];
  if (((was.flags ^ is.flags) & ~A_AND_D) === 0) return ['used', 'split', 'taken-over', 'saved'];
  if (was.flags & COW && is.flags & W) return ['taken-over', 'saved', 'split'];
  return is.flags & COW
    ? ['shared', 'protected', 'taken-over', 'saved', 'split']
    : ['protected', 'taken-over', 'saved', 'split'];
}

const FORKING = PLATFORM_NAMES.filter((name) => name !== 'single');

for (const platform of FORKING)
  test(`each fork shares what the tables say, in the ledger and in the diff, on ${platform}`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World(platform);
        for (const one of steps) {
          world.run(one);
          world.check();
        }
        world.finish();
      }),
      { numRuns: 60 },
    );
  });

for (const platform of FORKING)
  test(`between two stops exactly what the tables say has changed, on ${platform}`, () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 12 }), (stops) => {
        const world = new World(platform);
        for (const steps of stops) {
          world.tracker.begin();
          world.broken.clear();
          const before = world.look();
          for (const one of steps) world.run(one);
          world.checkChanges(before, platform.startsWith('independent'));
        }
        world.finish();
      }),
      { numRuns: 100 },
    );
  });
