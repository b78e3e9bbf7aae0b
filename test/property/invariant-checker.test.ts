import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_FRAME, PAGE_SIZE, type FrameNumber, type VirtAddr } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { MIN_RAM } from '../../src/memory/layout.ts';
import { Access } from '../../src/memory/mmu.ts';
import { SV39, SV48 } from '../../src/memory/page-table.ts';
import { PTE_FLAGS, Pte, makePte, pteFrame } from '../../src/memory/pte.ts';
import { FrameWatch } from '../../src/platform/frame-watch.ts';
import type { Image } from '../../src/platform/image.ts';
import { checkInvariants, type InvariantViolation } from '../../src/platform/invariants.ts';
import { PagedProvider } from '../../src/platform/paged-provider.ts';
import type { PartitionImage } from '../../src/platform/partition-image.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { step, World, type Setting, type Step } from './space-world.ts';

/*
 * What is checked after each transition, from what the transition changed, is what is found by looking at everything:
 * the same violations, in the same words, after the same operation; also of platforms that get something wrong.
 */

/** Something that a wrong platform may do, with what is there: `pick` says to what. */
const FAULTS = [
  'flags',
  'frame',
  'entry',
  'link',
  'unlink',
  'reference',
  'release',
  'leak',
  'write',
  'mapping',
  'permissions',
  'pin',
  'object',
  'gate',
  'saved',
  'held',
  'list',
  'used',
  'active',
  'held again',
] as const;

interface Fault {
  readonly kind: (typeof FAULTS)[number];
  readonly pick: number;
  readonly other: number;
}

type Event = { readonly step: Step } | { readonly fault: Fault };

const fault: fc.Arbitrary<Fault> = fc.record({ kind: fc.constantFrom(...FAULTS), pick: fc.nat(), other: fc.nat() });

/** A world in which things go wrong, and both ways to look at it. */
class FaultyWorld {
  readonly world: World;
  readonly provider: PagedProvider;
  readonly checker;
  readonly watch: FrameWatch;

  constructor(setting: Setting) {
    this.world = new World(setting);
    assert(this.world.provider instanceof PagedProvider);
    this.provider = this.world.provider as PagedProvider;
    this.checker = this.provider.checker(this.world.mmu);
    this.watch = new FrameWatch(this.world.frames);
    this.compare('at the start');
  }

  /** @returns how many violations there are. */
  compare(when: string): number {
    const { inspector } = this.provider;
    const states = checkInvariants(inspector, this.world.mmu);
    const writes = this.watch.check(inspector);
    const found = this.checker.check();
    const words = (violations: readonly InvariantViolation[]): unknown => violations.map((one) => ({ ...one }));
    assert.deepEqual(words(found.states), words(states), when);
    assert.deepEqual(words(found.writes), words(writes), when);
    return states.length + writes.length;
  }

  inject({ kind, pick, other }: Fault): void {
    const { frames } = this.world;
    const { tables } = this.provider.memory;
    const images: Image[] = [...this.provider.images];
    const entries: { at: number; va: VirtAddr; pte: number }[] = [];
    const links: number[] = [];
    for (const root of new Set(images.map((image) => image.root))) {
      tables.forEachLeaf(root, 0, tables.mode.userEnd, (at, va, pte) => entries.push({ at, va, pte }));
      tables.forEachLeafTable(root, 0, tables.mode.userEnd, (at) => links.push(at));
    }
    // What is shared until it is written is where most can go wrong.
    const shared = entries.filter(({ pte }) => pte & Pte.CoW);
    const candidates = pick % 2 === 0 && shared.length > 0 ? shared : entries;
    const entry = candidates[(pick >>> 1) % candidates.length];
    const link = links[pick % links.length];
    const image = images[pick % images.length];
    const used = Array.from({ length: frames.firstUnused }, (_, frame) => frame as FrameNumber).filter(
      (frame) => frames.useOf(frame) !== FrameUse.Free,
    );
    const frame = used[pick % used.length];
    const window = (image as PartitionImage | undefined)?.window;
    const { i32 } = frames.memory;
    switch (kind) {
      case 'flags': {
        const bit = [Pte.R, Pte.W, Pte.X, Pte.U, Pte.A, Pte.D, Pte.CoW, Pte.W | Pte.CoW][other % 8];
        if (entry) tables.set(entry.at, entry.pte ^ bit);
        break;
      }
      case 'frame':
        if (entry) tables.set(entry.at, makePte(used[other % used.length], entry.pte & PTE_FLAGS));
        break;
      case 'entry':
        if (entry) tables.set(entry.at, 0);
        break;
      case 'link':
        if (link !== undefined) tables.set(link, (i32[links[other % links.length]] & ~0) ^ (other & 1 ? Pte.CoW : 0));
        break;
      case 'unlink':
        if (link !== undefined) tables.set(link, 0);
        break;
      case 'reference':
        if (frame !== undefined) frames.addReference(frame);
        break;
      case 'release':
        if (frame !== undefined && frames.refcounts[frame] > frames.pins[frame]) frames.release(frame);
        break;
      case 'leak':
        frames.allocate([FrameUse.Private, FrameUse.Object, FrameUse.Table][other % 3]);
        break;
      case 'write':
        if (entry) frames.writeBytes(pteFrame(entry.pte), other % PAGE_SIZE, new Uint8Array([other | 1]), undefined);
        break;
      case 'mapping':
      case 'permissions': {
        const mapping = image?.mappings.mappings[other % image.mappings.mappings.length];
        if (!mapping) break;
        const inside = kind === 'mapping' ? [] : [{ ...mapping, permissions: mapping.permissions ^ Pte.W }];
        image.apply(image.mappings.replace(mapping, inside));
        break;
      }
      case 'pin':
        if (entry && image && frames.useOf(pteFrame(entry.pte)) === FrameUse.Private) {
          frames.pin(pteFrame(entry.pte));
          this.provider.memory.pinners.set(pteFrame(entry.pte), image);
        }
        break;
      case 'object': {
        const { real } = this.world.objects[pick % this.world.objects.length];
        for (const [index] of [...real.cachedPages()].slice(0, 1)) real.dropPage(index);
        break;
      }
      case 'gate':
        if (window?.gate.state !== 'closed') break;
        try {
          window.gate.open();
        } catch {
          // A world in which the parent is still there says that it is too early.
        }
        break;
      case 'saved':
        for (const saved of [...(window?.layer.saved.keys() ?? [])].slice(0, 1)) window!.layer.saved.delete(saved);
        break;
      case 'held':
        for (const [va, pte] of [...(window?.layer.pages ?? [])].slice(0, 1))
          if (pteFrame(pte) !== NO_FRAME) window!.layer.pages.delete(va);
        break;
      case 'used':
        frames.used++;
        break;
      case 'active':
        if (frame !== undefined) this.world.mmu.activate(frame);
        break;
      case 'held again': {
        // The parent is to get back a page that the child has alone.
        const own = entries.find(({ pte }) => pte & Pte.W && frames.refcounts[pteFrame(pte)] === 1);
        if (!own || !window) break;
        frames.addReference(pteFrame(own.pte));
        window.layer.pages.set(own.va, own.pte);
        break;
      }
      case 'list': {
        // Two mappings of the same pages.
        const mapping = image?.mappings.mappings[other % image.mappings.mappings.length];
        const list = mapping && image.mappings.replace(mapping, [mapping, { ...mapping, name: 'again' }]);
        if (list) image.apply(list);
      }
    }
  }
}

/** Runs until the platform trips over what is wrong. @returns how many looks found something. */
function agree(setting: Setting, events: readonly Event[]): number {
  const faulty = new FaultyWorld(setting);
  faulty.world.run({ kind: 'create' });
  let broken = 0;
  let isFaulty = false;
  for (const event of events) {
    if ('fault' in event) {
      faulty.inject(event.fault);
      isFaulty = true;
    } else
      try {
        faulty.world.run(event.step);
      } catch (error) {
        if (!isFaulty) throw error;
        // It has seen that something is wrong, half-way.
        if (faulty.compare(`after ${JSON.stringify(event)} had failed`) > 0) broken++;
        return broken;
      }
    if (faulty.compare(`after ${JSON.stringify(event)}`) > 0) broken++;
  }
  return broken;
}

/** Two spaces with some of everything: private pages, stacks, files, shared memory, some of it written, before and since. */
const BEFORE: readonly Step[] = [
  ...(['zeroes', 'file', 'shared', 'stack'] as const).flatMap((source, index): Step[] => {
    const at = { space: 0, page: 10 + 4 * index, pages: 3 };
    return [
      { kind: 'map', ...at, placement: 'replace', permissions: 6, source, object: 1, objectPage: 0 },
      { kind: 'hart', ...at, access: Access.Write, offset: 8, value: 7 },
      { kind: 'hart', ...at, page: at.page + 1, access: Access.Read, offset: 8, value: 7 },
      { kind: 'copy', ...at, page: at.page + 2, how: 'write', offset: 8, value: 7 },
    ];
  }),
  { kind: 'fork', space: 0, share: 'copy-memory' },
  { kind: 'hart', space: 1, page: 10, pages: 1, access: Access.Write, offset: 9, value: 9 },
  { kind: 'hart', space: 1, page: 12, pages: 1, access: Access.Read, offset: 9, value: 9 },
];

for (const platform of PLATFORM_NAMES.filter((name) => name !== 'single'))
  for (const mode of [SV39, SV48])
    test(`${platform}, ${mode.name}: looking at what has changed finds what looking at everything finds`, () => {
      const steps = fc.array(step(), { maxLength: 12 });
      const after = fc.array(fc.oneof(fc.record({ fault }), fc.record({ step: step() })), { maxLength: 3 });
      let broken = 0;
      fc.assert(
        fc.property(steps, fault, after, (before, first, rest) => {
          const events = [...[...BEFORE, ...before].map((one) => ({ step: one })), { fault: first }, ...rest];
          broken += agree({ platform, ram: 2 * MIN_RAM, mode }, events);
        }),
        { numRuns: 600, includeErrorInReport: true },
      );
      assert.ok(broken > 300, `only ${broken} looks found something`);
    });
