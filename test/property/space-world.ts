import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  PAGE_SIZE,
  highWord,
  toHex,
  virtAddr,
  type AddressRange,
  type FrameNumber,
  type VirtAddr,
} from '../../src/memory/address.ts';
import { FrameTable, FrameUse } from '../../src/memory/frames.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import { Access, Mmu } from '../../src/memory/mmu.ts';
import { PageTables, type PagingMode } from '../../src/memory/page-table.ts';
import { err, ok } from '../../src/result.ts';
import type { AddressSpace } from '../../src/platform/address-space.ts';
import { isRefused, type FaultCause } from '../../src/platform/fault.ts';
import type { Gate } from '../../src/platform/gate.ts';
import { FrameWatch } from '../../src/platform/frame-watch.ts';
import { checkInvariants } from '../../src/platform/invariants.ts';
import { MemoryObject } from '../../src/platform/memory-object.ts';
import type { AddressSpaceProvider } from '../../src/platform/provider.ts';
import { createProvider } from '../../src/platform/registry.ts';
import type { MapRequest } from '../../src/platform/space-access.ts';
import { ModelImage, ModelObject, describe, type ModelPage } from './space-model.ts';

export const PLENTY = 16 * 2 ** 20;
const PAGES = 40;
const STACK_PAGES = 12;
/** The pages that the tests work on lie on both sides of a 1 GiB boundary, so that tables of every level come and go. */
const FIRST_PAGE = 2 ** 18 - PAGES / 2;
const MAX_SPACES = 6;
/** Pages of two leaf tables. */
const TABLES = 1024;

interface Where {
  readonly space: number;
  readonly page: number;
  readonly pages: number;
}

type ChangeStep =
  | ({ readonly kind: 'unmap' } & Where)
  | ({ readonly kind: 'discard' } & Where)
  | ({ readonly kind: 'protect'; readonly permissions: number } & Where);

export type Step =
  | { readonly kind: 'create' }
  | { readonly kind: 'fork'; readonly space: number; readonly share: 'copy-memory' | 'share-memory' }
  | { readonly kind: 'destroy'; readonly space: number }
  | ({ readonly kind: 'hart'; readonly access: Access; readonly offset: number; readonly value: number } & Where)
  | ({
      readonly kind: 'copy';
      readonly how: CopyKind;
      readonly offset: number;
      readonly value: number;
    } & Where)
  | ({
      readonly kind: 'map';
      readonly placement: 'anywhere' | 'replace' | 'if-free';
      readonly permissions: number;
      readonly source: 'zeroes' | 'stack' | 'file' | 'shared';
      readonly object: number;
      readonly objectPage: number;
    } & Where)
  | ChangeStep
  | ({ readonly kind: 'move'; readonly to: number } & Where)
  | { readonly kind: 'exec'; readonly space: number; readonly outcome: 'done' | 'failed' | 'thrown' }
  | ({ readonly kind: 'pin' } & Where)
  /** A device, or a system call in flight, writes into a pinned frame. */
  | { readonly kind: 'transfer'; readonly pin: number; readonly offset: number; readonly value: number }
  | { readonly kind: 'unpin' };

/** How the shim copies, as the guest may or by force. */
type CopyKind = 'read' | 'write' | 'peek' | 'poke';

const small = fc.nat(MAX_SPACES - 1);
/** Most steps are about a few pages, so that they meet. */
const CENTRE = [-2, -1, 0, 1, 2].map((offset) => PAGES / 2 + offset);
const page = fc.oneof(fc.constantFrom(...CENTRE), fc.nat(PAGES - 1));
const where = { space: small, page, pages: fc.integer({ min: 1, max: 6 }) };
const { R, W, X } = { R: 2, W: 4, X: 8 };
const permissions = fc.constantFrom(0, R, W, X, R | X, R | W, R | W, R | W, R | W | X, R | W | X);
const bytes = { offset: fc.nat(PAGE_SIZE - 1), value: fc.integer({ min: 1, max: 255 }) };

export function step(): fc.Arbitrary<Step> {
  const kind = <K extends Step['kind']>(name: K): fc.Arbitrary<K> => fc.constant(name);
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: kind('create') }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind('fork'),
        space: small,
        share: fc.constantFrom('copy-memory', 'copy-memory', 'copy-memory', 'share-memory'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind('destroy'), space: small }) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: kind('hart'),
        ...where,
        ...bytes,
        access: fc.constantFrom(Access.Read, Access.Write, Access.Write, Access.Write, Access.Execute),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: kind('copy'),
        ...where,
        ...bytes,
        how: fc.constantFrom('read', 'write', 'write', 'peek', 'poke'),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: kind('map'),
        ...where,
        permissions,
        placement: fc.constantFrom('anywhere', 'replace', 'replace', 'if-free'),
        source: fc.constantFrom('zeroes', 'zeroes', 'stack', 'file', 'file', 'shared'),
        object: fc.nat(1),
        objectPage: fc.nat(3),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unmap', 'discard'), ...where }) },
    // Whole leaf tables go.
    { weight: 1, arbitrary: fc.record({ kind: kind('unmap'), ...where, pages: fc.constant(TABLES) }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('protect'), ...where, permissions }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('move'), ...where, to: fc.nat(PAGES - 1) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind('exec'),
        space: small,
        outcome: fc.constantFrom('done', 'failed', 'thrown'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind('pin'), ...where }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('transfer'), pin: fc.nat(3), ...bytes }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('unpin') }) },
  );
}

/** A space, and what it should be. Spaces of a share-memory fork have the same model. */
interface Tracked {
  readonly space: AddressSpace;
  image: ModelImage;
}

interface Pin {
  readonly number: number;
  readonly frame: FrameNumber;
  /** The memory that was pinned, or the object's where it was shared. */
  readonly image: ModelImage;
  readonly shared: Uint8Array | undefined;
  readonly release: () => void;
}

/** What a property is about. */
export interface Setting {
  readonly platform: string;
  readonly ram: number;
  /** Frames that are left of it, when the property is about running out of them. */
  readonly scarce?: number;
  readonly mode: PagingMode;
  readonly slotSize?: number;
}

const THROWN = new Error('thrown while an image was being built');

/** A provider and its oracle, driven in step. */
export class World {
  readonly frames: FrameTable;
  readonly mmu: Mmu;
  readonly watch: FrameWatch;
  readonly provider: AddressSpaceProvider;
  readonly objects: { real: MemoryObject; model: ModelObject }[];
  readonly tracked: Tracked[] = [];
  /** What the parents of forks wait for, or waited, and how often it opened. */
  readonly gates: { readonly gate: Gate; opened: number }[] = [];
  readonly pins: Pin[] = [];
  #lastPin = 0;
  readonly ballast: FrameNumber[] = [];
  /** Whether the last step failed, or stopped half-way, for want of memory or address space. */
  isShort = false;
  /** Frames with cached instructions, as they were when they were cached. */
  readonly code = new Map<FrameNumber, Uint8Array>();
  active: AddressSpace | undefined;

  /** Whether an operation may fail for want of memory or address space. */
  readonly scarce: boolean;
  readonly slotSize: number;
  readonly hasOwnTables: boolean;
  readonly copiesFilePages: boolean;

  constructor({ platform, ram, scarce, mode, slotSize }: Setting) {
    this.scarce = scarce !== undefined || slotSize !== undefined;
    this.slotSize = slotSize ?? 2 ** 32;
    this.hasOwnTables = !platform.startsWith('partitioned');
    this.copiesFilePages = platform.endsWith('-eager');
    this.frames = new FrameTable(new GuestMemory(ram));
    this.watch = new FrameWatch(this.frames);
    if (scarce !== undefined) this.leave(scarce);
    this.frames.onCodeDropped((frame) => this.code.delete(frame));
    const tables = new PageTables(this.frames, mode);
    this.mmu = new Mmu(this.frames, tables);
    const provider = createProvider(platform, {
      frames: this.frames,
      tables,
      stackLimit: STACK_PAGES * PAGE_SIZE,
      ...(slotSize === undefined ? {} : { slotSize }),
    });
    assert(provider.ok);
    this.provider = provider.value;
    this.objects = [2.5, 5].map((pages, index) => {
      const size = pages * PAGE_SIZE;
      const read = (offset: number, into: Uint8Array): void => {
        for (let at = 0; at < into.length && offset + at < size; at++) into[at] = (offset / 64 + at + index) & 0xff;
      };
      const model = new ModelObject(size, read);
      return { real: new MemoryObject(this.frames, index, `object ${index}`, { size: () => size, read }), model };
    });
  }

  /**
   * Takes frames away, or gives them back, so that so many are left.
   * @returns whether there are as many.
   */
  leave(count: number): boolean {
    while (this.frames.available < count && this.ballast.length > 0) this.frames.unpin(this.ballast.pop()!);
    while (this.frames.available > count) {
      const frame = this.frames.allocate(FrameUse.Private);
      this.frames.pin(frame);
      this.frames.release(frame);
      this.ballast.push(frame);
    }
    return this.frames.available === count;
  }

  /** Does a step with no frame left, then with one, and so on until it has as many as it takes, and checks each time. */
  runShortOfEveryFrame(step: Step): void {
    let left = 0;
    do {
      if (!this.leave(left++)) break;
      this.isShort = false;
      this.run(step);
      this.check(step);
    } while (this.isShort);
    this.leave(this.frames.available + this.ballast.length);
  }

  run(step: Step): void {
    if (step.kind === 'create') return this.create();
    if (step.kind === 'unpin') return this.pins.pop()?.release();
    if (step.kind === 'transfer') return this.transfer(step);
    if (this.tracked.length === 0) return;
    let tracked = this.tracked[step.space % this.tracked.length];
    // A parked space does not run: the kernel may copy and pin for it, a debugger may poke, and it may be killed. All
    // else is done by a space that runs.
    if (this.isParked(tracked) && !['copy', 'pin', 'destroy'].includes(step.kind))
      tracked = this.tracked.findLast((other) => !this.isParked(other))!;
    switch (step.kind) {
      case 'fork':
        return this.fork(tracked, step.share);
      case 'destroy':
        return this.destroy(tracked);
      case 'hart':
        return this.hart(tracked, this.at(tracked.space, step.page) + step.offset, step.access, step.value);
      case 'copy':
        return this.copy(tracked, step);
      case 'map':
        return this.map(tracked, step);
      case 'unmap':
      case 'discard':
      case 'protect':
        return this.change(tracked, step);
      case 'move':
        return this.move(tracked, step);
      case 'exec':
        return this.exec(tracked, step.outcome);
      case 'pin':
        return this.pin(tracked, step);
    }
  }

  private isParked({ space }: Tracked): boolean {
    const label = this.provider.label(space);
    return this.provider.inspector.images().some(({ isParked, spaces }) => isParked && spaces.includes(label));
  }

  /** The address of a page of the tests in the part of the address space that a space may map. */
  private at(space: AddressSpace, page: number): number {
    return this.base(this.provider.range(space)) + (FIRST_PAGE + page) * PAGE_SIZE;
  }

  private base({ start }: AddressRange): number {
    return Math.floor(start / this.slotSize) * this.slotSize;
  }

  check(step: Step): void {
    const { inspector } = this.provider;
    const closed = inspector.images().map(({ layer }) => layer?.gate);
    for (const { gate, opened } of this.gates)
      assert.deepEqual(
        [gate.state, opened],
        closed.includes(gate) ? ['closed', 0] : ['open', 1],
        `a gate opens once, after ${JSON.stringify(step)}`,
      );
    const violations = [...checkInvariants(inspector, this.mmu), ...this.watch.check(inspector)];
    assert.deepEqual(violations, [], `after ${JSON.stringify(step)}`);
    for (const [frame, cached] of this.code)
      assert.equal(Buffer.compare(cached, this.frames.memory.frameBytes(frame)), 0, `frame ${frame} has stale code`);
    this.checkIdentities();
    for (const tracked of this.tracked) {
      if (this.hasOwnTables) assert.equal(...this.tableCounts(this.provider.label(tracked.space)), 'tables in use');
      this.checkContents(tracked, `after ${JSON.stringify(step)}`);
    }
  }

  private checkContents({ space, image }: Tracked, when: string): void {
    const label = this.provider.label(space);
    assert.deepEqual(this.provider.inspector.mappings(label).map(describe), image.mappings());
    this.checkSizes(space, when);
    for (const number of image.pages.keys()) {
      const expected = image.bytes(number);
      const actual = this.provider.inspector.peek(label, virtAddr(number * PAGE_SIZE));
      const isEqual = expected && actual ? Buffer.compare(expected, actual) === 0 : expected === actual;
      assert(isEqual, `space ${label}, page ${toHex(number * PAGE_SIZE)}, ${when}`);
    }
  }

  /** The sizes that are kept are those that one would count. */
  private checkSizes(space: AddressSpace, when: string): void {
    const { inspector } = this.provider;
    const label = this.provider.label(space);
    let present = 0;
    inspector.forEachPage(label, this.provider.range(space), () => present++);
    const mapped = inspector.mappings(label).reduce((sum, { start, end }) => sum + end - start, 0);
    const { sizes } = this.provider.with(space, (access) => access);
    assert.deepEqual([sizes.mapped, sizes.present], [mapped, present], `sizes of space ${label}, ${when}`);
    assert.ok(sizes.peakMapped >= mapped && sizes.peakPresent >= present);
  }

  /** Invariant 13: two words have one identity exactly where a store to one is seen in the other. */
  private checkIdentities(): void {
    const places = new Map<string, string>();
    const identities = new Map<string, string>();
    const images = [...new Set(this.tracked.map(({ image }) => image))];
    for (const { space, image } of this.tracked)
      for (const page of CENTRE) {
        const va = virtAddr(this.at(space, page));
        const mapped = image.pages.get(pageOf(va));
        if (!mapped) continue;
        const place =
          mapped.sharing === 'shared'
            ? `object ${this.objects.findIndex(({ model }) => model === mapped.object)} ${mapped.objectPage}`
            : `image ${images.indexOf(image)} ${va}`;
        const identity = this.provider.memoryIdentity(space, va);
        assert.equal(identities.get(place) ?? identity, identity, `${place} has two identities`);
        assert.equal(places.get(identity) ?? place, place, `${identity} is two places`);
        identities.set(place, identity);
        places.set(identity, place);
      }
  }

  /** Destroys everything: nothing may be left over. */
  finish(): void {
    while (this.pins.length > 0) this.pins.pop()!.release();
    this.provider.deactivate(this.mmu);
    for (const { space } of this.tracked.splice(0)) assert(this.provider.destroy(space).ok);
    for (const { real } of this.objects) real.release();
    for (const frame of this.ballast) this.frames.unpin(frame);
    assert.equal(this.frames.used, 0);
    assert.deepEqual(checkInvariants(this.provider.inspector, this.mmu), []);
  }

  /** The tables that a space has, and those that its present pages need. */
  private tableCounts(label: number): [number, number] {
    const { tables } = this.provider.inspector;
    const { root, range } = this.provider.inspector.spaces().find(({ space }) => space === label)!;
    let count = 0;
    tables.forEachTable(root, () => count++);
    const needed = new Set([`${tables.mode.levels - 1}`]);
    this.provider.inspector.forEachPage(label, range, ({ va }) => {
      for (let level = 0; level < tables.mode.levels - 1; level++)
        needed.add(`${level} ${Math.floor(va / tables.span(level + 1))}`);
    });
    return [count, needed.size];
  }

  private create(): void {
    if (this.tracked.length === MAX_SPACES) return;
    const made = this.provider.create();
    if (made.ok) this.tracked.push({ space: made.value, image: new ModelImage(STACK_PAGES) });
    else this.mayFail();
  }

  private fork(parent: Tracked, share: 'copy-memory' | 'share-memory'): void {
    if (this.tracked.length === MAX_SPACES) return;
    const used = this.frames.used;
    const forked = this.provider.fork(parent.space, share);
    if (!forked.ok) {
      this.mayFail();
      assert.equal(this.frames.used, used);
      return;
    }
    const { child: space, parentGate } = forked.value;
    const isOpen = share === 'share-memory' || this.hasOwnTables;
    assert.equal(parentGate.state, isOpen ? 'open' : 'closed');
    assert.equal(this.isParked(parent), !isOpen);
    const image = share === 'share-memory' ? parent.image : parent.image.clone();
    const gate = { gate: parentGate, opened: 0 };
    this.gates.push(gate);
    parentGate.whenOpen(() => {
      gate.opened++;
      // Everything is restored before.
      if (!this.tracked.includes(parent)) return;
      assert(!this.isParked(parent), 'a gate opens before its window is closed');
      this.checkContents(parent, 'when its gate opens');
    });
    const child = { space, image };
    this.tracked.push(child);
    if (this.copiesFilePages) for (const side of [parent, child]) this.noteCopies(side);
  }

  /**
   * Whether a private page of a file that nobody has written still shows what others write to the file is unspecified
   * (mmap(2)). Where a fork copies such pages they no longer do.
   */
  private noteCopies({ space, image }: Tracked): void {
    this.provider.inspector.forEachPage(this.provider.label(space), this.provider.range(space), ({ va, pte }) => {
      const page = image.pages.get(pageOf(va))!;
      if (!page.object || page.sharing === 'shared' || page.bytes || !(pte & W)) return;
      image.pages.set(pageOf(va), { ...page, bytes: image.bytes(pageOf(va))!.slice() });
    });
  }

  private destroy(tracked: Tracked): void {
    if (this.active === tracked.space) {
      const refused = this.provider.destroy(tracked.space);
      assert(!refused.ok && refused.error.space === tracked.space);
      this.provider.deactivate(this.mmu);
      this.active = undefined;
    }
    assert(this.provider.destroy(tracked.space).ok);
    this.tracked.splice(this.tracked.indexOf(tracked), 1);
  }

  /** An access of the hart: through the TLB, then the walk, then the provider. */
  private hart({ space, image }: Tracked, va: number, access: Access, value: number): void {
    this.provider.activate(this.mmu, space);
    this.active = space;
    const { mmu, frames } = this;
    const tlb = { [Access.Read]: mmu.read, [Access.Write]: mmu.write, [Access.Execute]: mmu.execute }[access];
    const hit = tlb.peek(va | 0, highWord(va));
    let frame = hit >= 0 ? hit : mmu.translate(va | 0, highWord(va), access);
    const before = new Map(image.pages);
    const refused = image.access(pageOf(va), access);
    if (frame < 0) {
      const cause = this.resolve(space, virtAddr(va), access);
      if (cause === 'no-memory') {
        // Nothing has happened; a stack has not grown either.
        this.mayFail();
        image.pages = before;
        return;
      }
      assert.equal(isRefused(cause) ? cause : undefined, refused, `${toHex(va)}`);
      if (isRefused(cause)) return;
      frame = mmu.translate(va | 0, highWord(va), access);
    }
    assert(frame > 0 && refused === undefined, `${toHex(va)} is ${frame}, should be ${refused}`);
    const at = frames.memory.layout.ram + frame * PAGE_SIZE + (va % PAGE_SIZE);
    if (access === Access.Write) {
      frames.memory.u8[at] = value;
      image.store(pageOf(va), va % PAGE_SIZE, new Uint8Array([value]));
    } else assert.equal(frames.memory.u8[at], image.bytes(pageOf(va))![va % PAGE_SIZE]);
    if (access === Access.Execute) {
      mmu.markCode(frame as FrameNumber);
      this.code.set(frame as FrameNumber, frames.memory.frameBytes(frame as FrameNumber).slice());
    }
  }

  private resolve(space: AddressSpace, va: VirtAddr, access: Access): FaultCause {
    const { cause } = this.provider.classifyFault(space, va, access);
    const outcome = this.provider.resolveFault(space, va, access);
    if (outcome.cause !== 'no-memory') assert.equal(outcome.cause, cause, 'classified otherwise than resolved');
    return outcome.cause;
  }

  private copy({ space, image }: Tracked, step: Extract<Step, { kind: 'copy' }>): void {
    const tracked = this.tracked.find((other) => other.space === space)!;
    const isParked = this.isParked(tracked);
    const va = virtAddr(this.at(space, step.page) + step.offset);
    const length = step.pages * 1500;
    const buffer = new Uint8Array(length).fill(step.value);
    const result = this.provider.with(space, (access) => access[step.how](va, buffer));
    const done = result.ok ? length : result.error.done;
    let refused: FaultCause | undefined;
    let at = 0;
    while (at < length && !(at === done && !result.ok && result.error.cause === 'no-memory')) {
      const number = pageOf(va + at);
      const count = Math.min(length - at, PAGE_SIZE - ((va + at) % PAGE_SIZE));
      refused = isParked && !image.pages.has(number) ? 'unmapped' : this.copyRefused(image, number, step.how);
      if (refused) break;
      if (step.how === 'read' || step.how === 'peek')
        assert.deepEqual(
          buffer.subarray(at, at + count),
          image
            .bytes(number)!
            .subarray((va + at) % PAGE_SIZE)
            .subarray(0, count),
        );
      else image.store(number, (va + at) % PAGE_SIZE, buffer.subarray(at, at + count));
      at += count;
    }
    assert.equal(at, done);
    if (result.ok) return;
    assert.equal(result.error.va, va + done);
    if (result.error.cause === 'no-memory') this.mayFail();
    else assert.equal(result.error.cause, refused);
  }

  private copyRefused(image: ModelImage, number: number, how: CopyKind): FaultCause | undefined {
    const page = image.pages.get(number);
    if (how === 'read' || how === 'write') return image.access(number, how === 'read' ? Access.Read : Access.Write);
    if (!page) return 'unmapped';
    if (how === 'poke' && page.sharing === 'shared') return image.access(number, Access.Write);
    return image.bytes(number) ? undefined : 'past-end';
  }

  private map({ space, image }: Tracked, step: Extract<Step, { kind: 'map' }>): void {
    const start = virtAddr(this.at(space, step.page));
    const object = step.source === 'file' || step.source === 'shared' ? this.objects[step.object] : undefined;
    const request: MapRequest = {
      placement: step.placement === 'anywhere' ? { kind: 'anywhere', hint: start } : { kind: step.placement, start },
      length: step.pages * PAGE_SIZE - 1,
      permissions: step.permissions,
      sharing: step.source === 'shared' ? 'shared' : 'private',
      growth: step.source === 'stack' ? 'down' : 'fixed',
      ...(object ? { object: object.real, offset: step.objectPage * PAGE_SIZE } : {}),
      name: object ? 'file' : '',
    };
    const numbers = range(pageOf(start), step.pages);
    const isFree = numbers.every((number) => !image.pages.has(number));
    const result = this.provider.with(space, (access) => access.map(request));
    if (!result.ok) {
      if (result.error === 'no-space') this.mayFail();
      else assert(step.placement === 'if-free' && !isFree);
      return;
    }
    if (step.placement !== 'anywhere') assert.equal(result.value, start);
    const page: ModelPage = {
      permissions: request.permissions,
      sharing: request.sharing,
      growth: request.growth!,
      object: object?.model,
      objectPage: 0,
      name: request.name!,
      bytes: undefined,
    };
    for (let index = 0; index < step.pages; index++) {
      const number = pageOf(result.value) + index;
      assert(step.placement === 'replace' || !image.pages.has(number), 'a free place was asked for');
      image.pages.set(number, { ...page, objectPage: object ? step.objectPage + index : 0 });
    }
  }

  private change({ space, image }: Tracked, step: ChangeStep): void {
    const at = { start: virtAddr(this.at(space, step.page)), end: virtAddr(this.at(space, step.page + step.pages)) };
    const numbers = range(pageOf(at.start), step.pages);
    const isWhole = numbers.every((number) => image.pages.has(number));
    const result = this.provider.with(space, (access) =>
      step.kind === 'protect' ? access.protect(at, step.permissions) : access[step.kind](at),
    );
    if (!result.ok && result.error === 'no-space') {
      this.mayFail();
      return;
    }
    assert.equal(result.ok, step.kind === 'unmap' || isWhole);
    if (!result.ok) assert.equal(result.error, 'unmapped');
    else
      for (const number of numbers) {
        const page = image.pages.get(number);
        if (step.kind === 'unmap') image.pages.delete(number);
        else if (step.kind === 'discard') image.pages.set(number, { ...page!, bytes: undefined, pins: undefined });
        else image.pages.set(number, { ...page!, permissions: step.permissions });
      }
  }

  private move({ space, image }: Tracked, step: Extract<Step, { kind: 'move' }>): void {
    const from = { start: virtAddr(this.at(space, step.page)), end: virtAddr(this.at(space, step.page + step.pages)) };
    const to = virtAddr(this.at(space, step.to));
    const numbers = range(pageOf(from.start), step.pages);
    const used = this.frames.used;
    const result = this.provider.with(space, (access) => access.move(from, to));
    if (!result.ok) {
      if (!numbers.every((number) => image.pages.has(number))) assert.equal(result.error, 'unmapped');
      else if (Math.abs(step.to - step.page) < step.pages) assert.equal(result.error, 'exists');
      else this.mayFail();
      assert.equal(this.frames.used, used);
      return;
    }
    const pages = numbers.map((number) => image.pages.get(number)!);
    for (const number of numbers) image.pages.delete(number);
    pages.forEach((page, index) => image.pages.set(pageOf(to) + index, page));
  }

  private exec(tracked: Tracked, outcome: 'done' | 'failed' | 'thrown'): void {
    const fresh = new ModelImage(STACK_PAGES);
    const used = this.frames.used;
    let isShort = false;
    const build = () =>
      this.provider.replaceImage<string>(tracked.space, (access, old) => {
        assert.deepEqual(old.mappings().map(describe), tracked.image.mappings());
        const start = virtAddr(this.base(access.range) + (FIRST_PAGE + 3) * PAGE_SIZE);
        const placed = access.map({
          placement: { kind: 'replace', start },
          length: PAGE_SIZE,
          permissions: 6,
          sharing: 'private',
        });
        assert(placed.ok);
        isShort = !access.write(start, new Uint8Array([42])).ok;
        if (outcome === 'thrown') throw THROWN;
        return outcome === 'done' && !isShort ? ok() : err('not an executable');
      });
    if (outcome === 'thrown') {
      try {
        const result = build();
        assert(!result.ok && result.error.kind === 'no-space');
        this.mayFail();
      } catch (thrown) {
        if (thrown !== THROWN) throw thrown;
      }
      assert.equal(this.frames.used, used);
      return;
    }
    const result = build();
    if (!result.ok) {
      if (outcome === 'done') this.mayFail();
      assert.equal(this.frames.used, used);
      return;
    }
    const page: ModelPage = {
      permissions: 6,
      sharing: 'private',
      growth: 'fixed',
      object: undefined,
      objectPage: 0,
      name: '',
      bytes: undefined,
    };
    const first = pageOf(this.at(tracked.space, 3));
    fresh.pages.set(first, page);
    fresh.store(first, 0, new Uint8Array([42]));
    tracked.image = fresh;
  }

  private pin(tracked: Tracked, step: Where): void {
    const { space, image } = tracked;
    const va = virtAddr(this.at(space, step.page));
    const number = pageOf(va);
    const before = new Map(image.pages);
    const refused =
      this.isParked(tracked) && !image.pages.has(number) ? 'unmapped' : image.access(number, Access.Write);
    const result = this.provider.with(space, (access) => access.pin(va));
    if (!result.ok) {
      if (result.error.cause === 'no-memory') {
        this.mayFail();
        image.pages = before;
      } else assert.equal(result.error.cause, refused);
      return;
    }
    assert.equal(refused, undefined);
    // Pinning makes the page the space's own, as a store of the byte that is there would.
    image.store(number, 0, image.bytes(number)!.slice(0, 1));
    const pin = ++this.#lastPin;
    const isShared = image.pages.get(number)!.sharing === 'shared';
    if (!isShared) image.pin(number, pin);
    this.pins.push({
      number: pin,
      frame: result.value,
      image,
      shared: isShared ? image.bytes(number) : undefined,
      release: () => this.frames.unpin(result.value),
    });
  }

  /** The frame stays with its page: what is written into it is what the pinner finds there, and nobody else. */
  private transfer({ pin: index, offset, value }: Extract<Step, { kind: 'transfer' }>): void {
    const pin = this.pins[index % this.pins.length];
    if (!pin) return;
    this.frames.beforeWrite(pin.frame);
    this.frames.memory.frameBytes(pin.frame)[offset] = value;
    if (pin.shared) pin.shared[offset] = value;
    const number = pin.image.pinned(pin.number);
    if (number !== undefined) pin.image.store(number, offset, new Uint8Array([value]));
  }

  private mayFail(): void {
    assert(this.scarce, 'failed for want of memory, of which there is plenty');
    this.isShort = true;
  }
}

function pageOf(va: number): number {
  return Math.floor(va / PAGE_SIZE);
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
