import assert from 'node:assert/strict';
import { NO_FRAME, PAGE_SIZE, highWord, virtAddr, type FrameNumber, type VirtAddr } from '../src/memory/address.ts';
import { FrameTable, FrameUse } from '../src/memory/frames.ts';
import { GuestMemory } from '../src/memory/guest-memory.ts';
import { Access, Mmu } from '../src/memory/mmu.ts';
import { PageTables, SV39 } from '../src/memory/page-table.ts';
import { Pte, pteFrame } from '../src/memory/pte.ts';
import { isRefused, type FaultCause } from '../src/platform/fault.ts';
import { IndependentProvider } from '../src/platform/independent.ts';
import { checkInvariants } from '../src/platform/invariants.ts';
import { MemoryObject } from '../src/platform/memory-object.ts';
import type { PagedProvider, ProviderParts } from '../src/platform/paged-provider.ts';
import type { PagedSpace } from '../src/platform/paged-space.ts';
import type { MapRequest, SpaceAccess } from '../src/platform/space-access.ts';
import type { SpaceEvent } from '../src/platform/space-event.ts';

export const RW: number = Pte.R | Pte.W;
export const RX: number = Pte.R | Pte.X;

interface Options extends Partial<ProviderParts> {
  readonly ram?: number;
  readonly platform?: new (parts: ProviderParts) => PagedProvider;
}

/** A platform on RAM of its own, with the few words that its tests need. */
export class Spaces {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  readonly mmu: Mmu;
  readonly provider: PagedProvider;
  readonly #ballast: FrameNumber[] = [];

  constructor({ ram = 4 * 2 ** 20, platform = IndependentProvider, ...parts }: Options = {}) {
    this.frames = new FrameTable(new GuestMemory(ram));
    this.tables = new PageTables(this.frames, SV39);
    this.mmu = new Mmu(this.frames, this.tables);
    this.provider = new platform({ frames: this.frames, tables: this.tables, ...parts });
  }

  create(): PagedSpace {
    const made = this.provider.create();
    assert(made.ok);
    return made.value;
  }

  fork(parent: PagedSpace, share: 'copy-memory' | 'share-memory' = 'copy-memory'): PagedSpace {
    const forked = this.provider.fork(parent, share);
    assert(forked.ok);
    return forked.value.child;
  }

  access<R>(space: PagedSpace, use: (access: SpaceAccess) => R): R {
    return this.provider.with(space, use);
  }

  /** Maps private zeroes, readable and writable unless the request says otherwise. */
  map(space: PagedSpace, start: number, pages: number, request: Partial<MapRequest> = {}): VirtAddr {
    const result = this.access(space, (access) =>
      access.map({
        placement: { kind: 'replace', start: virtAddr(start) },
        length: pages * PAGE_SIZE,
        permissions: RW,
        sharing: 'private',
        ...request,
      }),
    );
    assert(result.ok);
    return result.value;
  }

  object(pages: number, identity = 1, fill = 0): MemoryObject {
    const size = pages * PAGE_SIZE;
    return new MemoryObject(this.frames, identity, `object ${identity}`, {
      size: () => size,
      read: (offset, into) => into.fill(fill, 0, Math.max(0, Math.min(into.length, size - offset))),
    });
  }

  write(space: PagedSpace, va: number, ...bytes: number[]): void {
    assert(this.access(space, (access) => access.write(virtAddr(va), Uint8Array.from(bytes))).ok);
  }

  read(space: PagedSpace, va: number): number {
    const byte = new Uint8Array(1);
    assert(this.access(space, (access) => access.read(virtAddr(va), byte)).ok);
    return byte[0];
  }

  /** A store of the hart, after its faults; returns the cause of the one that it took, or `undefined`. */
  store(space: PagedSpace, va: number, value: number): FaultCause | undefined {
    return this.touch(space, va, Access.Write, (u8, at) => (u8[at] = value));
  }

  load(space: PagedSpace, va: number): number {
    let value = -1;
    this.touch(space, va, Access.Read, (u8, at) => (value = u8[at]));
    return value;
  }

  touch(
    space: PagedSpace,
    va: number,
    access: Access,
    use: (u8: Uint8Array, at: number) => void = () => {},
  ): FaultCause | undefined {
    const { mmu } = this;
    this.provider.activate(mmu, space);
    const tlb = { [Access.Read]: mmu.read, [Access.Write]: mmu.write, [Access.Execute]: mmu.execute }[access];
    let cause: FaultCause | undefined;
    for (;;) {
      const hit = tlb.peek(va | 0, highWord(va));
      const frame = hit >= 0 ? hit : mmu.translate(va | 0, highWord(va), access);
      if (frame >= 0) {
        use(this.frames.memory.u8, this.frames.memory.layout.ram + frame * PAGE_SIZE + (va % PAGE_SIZE));
        return cause;
      }
      assert.equal(cause, undefined, 'a second fault of one access');
      ({ cause } = this.provider.resolveFault(space, virtAddr(va), access));
      if (isRefused(cause)) return cause;
    }
  }

  /** The leaf entry, 0 if there is none. */
  entry(space: PagedSpace, va: number): number {
    const at = this.tables.findLeaf(space.image.root, va);
    return at < 0 ? 0 : this.frames.memory.i32[at];
  }

  frame(space: PagedSpace, va: number): FrameNumber {
    return pteFrame(this.entry(space, va));
  }

  isCow(space: PagedSpace, va: number): boolean {
    const entry = this.entry(space, va);
    return (entry & Pte.CoW) !== 0 && (entry & Pte.W) === 0;
  }

  events(): SpaceEvent[] {
    const events: SpaceEvent[] = [];
    this.provider.listener = (event) => events.push(event);
    return events;
  }

  /** Uses up guest RAM, but for this many frames. */
  leave(count: number): void {
    while (this.#ballast.length > 0 && this.frames.available < count) this.frames.unpin(this.#ballast.pop()!);
    while (this.frames.available > count) {
      const frame = this.frames.allocate(FrameUse.Private);
      assert.notEqual(frame, NO_FRAME);
      this.frames.pin(frame);
      this.frames.release(frame);
      this.#ballast.push(frame);
    }
  }

  assertSound(): void {
    assert.deepEqual(checkInvariants(this.provider.inspector, this.mmu), []);
  }

  /** Destroys the spaces and releases the objects: nothing may be left over. */
  finish(spaces: readonly PagedSpace[], objects: readonly MemoryObject[] = []): void {
    this.assertSound();
    this.provider.deactivate(this.mmu);
    for (const space of spaces) assert(this.provider.destroy(space).ok);
    for (const object of objects) object.release();
    while (this.#ballast.length > 0) this.frames.unpin(this.#ballast.pop()!);
    assert.equal(this.frames.used, 0);
  }
}
