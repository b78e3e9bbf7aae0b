import {
  PAGE_SIZE,
  NO_FRAME,
  pageCeil,
  pageOffset,
  toHex,
  type AddressRange,
  type FrameNumber,
  type VirtAddr,
} from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import type { FrameTable } from '../memory/frames.ts';
import { Pte, makePte, pteFrame } from '../memory/pte.ts';
import { err, ok, type Result } from '../result.ts';
import { isRefused, type RefusedCause } from './fault.ts';
import type { EventOutlet, FaultHandler, FaultTarget } from './fault-handler.ts';
import { MAX_MAPPINGS, cowFlags, leafFlags, type Image } from './image.ts';
import type { SpaceSizes } from './image-sizes.ts';
import type { MappingEdit } from './mapping-list.ts';
import type { Mapping, Permissions } from './mapping.ts';
import { FaultRecord, allows, mapPage, objectFrameBelow, objectPage, ownPage } from './page-faults.ts';
import type { SpaceLayout } from './space-layout.ts';
import type { AccessFault, MapError, MapRequest, SpaceAccess } from './space-access.ts';

/** What the shim may do to one space, on that space's page table and mappings. */
export class ImageAccess implements SpaceAccess {
  readonly #target: FaultTarget;
  readonly #faults: FaultHandler;
  readonly #events: EventOutlet;
  readonly #record = new FaultRecord();

  constructor(target: FaultTarget, faults: FaultHandler, events: EventOutlet) {
    this.#target = target;
    this.#faults = faults;
    this.#events = events;
  }

  get range(): AddressRange {
    return this.#target.image.memory.range;
  }

  get sizes(): SpaceSizes {
    return this.#target.image.sizes;
  }

  get layout(): SpaceLayout {
    return this.#target.image.layout;
  }

  setLayout(layout: SpaceLayout): void {
    this.#target.image.layout = layout;
  }

  mappings(): readonly Mapping[] {
    return this.#target.image.mappings.mappings;
  }

  find(va: VirtAddr): Mapping | undefined {
    return this.#target.image.mappings.find(va);
  }

  map(request: MapRequest): Result<VirtAddr, MapError> {
    this.assertEditable();
    const { image } = this.#target;
    const length = pageCeil(request.length);
    if (length <= 0) return err('no-space');
    const placed = this.place(request, length);
    if (!placed.ok) return placed;
    const range = { start: placed.value, end: (placed.value + length) as VirtAddr };
    if (request.sharing === 'shared' && !request.object) throw new Error('shared memory needs an object');
    const mapping: Mapping = {
      ...range,
      permissions: request.permissions,
      maximum: request.maximum ?? Pte.R | Pte.W | Pte.X,
      sharing: request.sharing,
      growth: request.growth ?? 'fixed',
      object: request.object,
      offset: request.object ? (request.offset ?? 0) : 0,
      name: request.name ?? '',
    };
    const edit = image.mappings.replace(range, [mapping]);
    if (isTooLong(edit) || !image.splitEdges(range)) return err('no-space');
    image.dropPages(range);
    image.apply(edit);
    this.#events.listener?.({
      kind: 'map',
      space: this.#target.label,
      ...range,
      permissions: mapping.permissions,
      name: mapping.name,
    });
    return ok(range.start);
  }

  unmap(range: AddressRange): Result<void, MapError> {
    this.assertEditable();
    const { image } = this.#target;
    assertAligned(range);
    const edit = image.mappings.replace(range, []);
    if (isTooLong(edit) || !image.splitEdges(range)) return err('no-space');
    image.dropPages(range);
    image.apply(edit);
    this.#events.listener?.({ kind: 'unmap', space: this.#target.label, start: range.start, end: range.end });
    return ok();
  }

  protect(range: AddressRange, permissions: Permissions): Result<void, MapError> {
    this.assertEditable();
    const { image } = this.#target;
    assertAligned(range);
    if (!image.mappings.covers(range)) return err('unmapped');
    const parts = image.mappings.within(range).map((part) => ({ ...part, permissions }));
    const edit = image.mappings.replace(range, parts);
    if (isTooLong(edit) || !image.split(range)) return err('no-space');
    image.apply(edit);
    for (const part of parts) this.protectPages(image, part);
    const { start, end } = range;
    this.#events.listener?.({ kind: 'protect', space: this.#target.label, start, end, permissions });
    return ok();
  }

  move(from: AddressRange, to: VirtAddr): Result<void, MapError> {
    this.assertEditable();
    const { image } = this.#target;
    const { tables, frames } = image.memory;
    assertAligned(from);
    const target = { start: to, end: (to + (from.end - from.start)) as VirtAddr };
    assertAligned(target);
    if (!image.mappings.covers(from)) return err('unmapped');
    if (target.start < this.range.start || target.end > this.range.end) return err('no-space');
    if (target.start < from.end && from.start < target.end) return err('exists');

    const delta = to - from.start;
    const moved = image.mappings.within(from).map((part) => shift(part, delta));
    // As one edit an object is never released by the first half that the second half still needs.
    const without = image.mappings.replace(from, []);
    const edit = without.list.replace(target, moved);
    if (isTooLong(edit)) return err('no-space');
    if (!this.prepareTables(image, from, delta) || !image.split(from, target)) {
      image.prune(target);
      return err('no-space');
    }
    tables.forEachLeaf(image.root, target.start, target.end, (at, va, pte) => {
      tables.set(at, 0);
      image.sizes.present--;
      image.flushPage(va);
      frames.release(pteFrame(pte));
    });
    tables.forEachLeaf(image.root, from.start, from.end, (at, va, pte) => {
      tables.set(at, 0);
      image.flushPage(va);
      tables.set(tables.findLeaf(image.root, va + delta), pte);
    });
    image.prune(from);
    image.prune(target);
    image.apply({
      list: edit.list,
      removed: [...without.removed, ...edit.removed],
      added: [...without.added, ...edit.added],
    });
    this.reportMove(from, moved);
    return ok();
  }

  discard(range: AddressRange): Result<void, MapError> {
    this.assertEditable();
    const { image } = this.#target;
    assertAligned(range);
    if (!image.mappings.covers(range)) return err('unmapped');
    if (!image.splitEdges(range)) return err('no-space');
    image.dropPages(range);
    return ok();
  }

  read(va: VirtAddr, into: Uint8Array): Result<void, AccessFault> {
    return this.forEachChunk(va, into.length, (start, done, count) => {
      const frame = this.touch(start, Access.Read);
      if (typeof frame === 'string') return frame;
      this.frames.readBytes(frame, pageOffset(start), into.subarray(done, done + count), this.placeOf(start));
      return undefined;
    });
  }

  write(va: VirtAddr, bytes: Uint8Array): Result<void, AccessFault> {
    return this.forEachChunk(va, bytes.length, (start, done, count) => {
      const frame = this.touch(start, Access.Write);
      if (typeof frame === 'string') return frame;
      this.frames.writeBytes(frame, pageOffset(start), bytes.subarray(done, done + count), this.placeOf(start));
      return undefined;
    });
  }

  poke(va: VirtAddr, bytes: Uint8Array): Result<void, AccessFault> {
    return this.forEachChunk(va, bytes.length, (start, done, count) => {
      const frame = this.ownForPoke(start);
      if (typeof frame === 'string') return frame;
      this.frames.writeBytes(frame, pageOffset(start), bytes.subarray(done, done + count), this.placeOf(start));
      return undefined;
    });
  }

  peek(va: VirtAddr, into: Uint8Array): Result<void, AccessFault> {
    return this.forEachChunk(va, into.length, (start, done, count) => {
      const frame = this.presentForPeek(start);
      if (typeof frame === 'string') return frame;
      this.frames.readBytes(frame, pageOffset(start), into.subarray(done, done + count), this.placeOf(start));
      return undefined;
    });
  }

  pin(va: VirtAddr): Result<FrameNumber, AccessFault> {
    const frame = this.touchToPin(va);
    if (typeof frame === 'string') return err({ va, cause: frame, done: 0 });
    const { image } = this.#target;
    image.memory.frames.pin(frame);
    image.memory.pinners.set(frame, image);
    return ok(frame);
  }

  unpin(frame: FrameNumber): void {
    const { frames, pinners } = this.#target.image.memory;
    frames.unpin(frame);
    if (frames.pins[frame] === 0) pinners.delete(frame);
  }

  /** Throws where the space may not change its mappings now. */
  private assertEditable(): void {
    if (this.#target.image.isParked) throw new Error('a parked space cannot change its mappings');
  }

  private place(request: MapRequest, length: number): Result<VirtAddr, MapError> {
    const { placement } = request;
    const { range } = this;
    const { mappings } = this.#target.image;
    if (placement.kind !== 'anywhere') {
      const { start } = placement;
      const end = (start + length) as VirtAddr;
      assertAligned({ start, end });
      if (start < range.start || end > range.end) return err('no-space');
      return placement.kind === 'if-free' && !mappings.isFree({ start, end }) ? err('exists') : ok(start);
    }
    const hint = pageCeil(placement.hint ?? 0);
    if (hint >= range.start && hint + length <= range.end && mappings.findGap(length, hint, hint + length) === hint)
      return ok(hint);
    const { mapTop } = this.#target.image.layout;
    const gap = mappings.findGap(length, range.start, mapTop) ?? mappings.findGap(length, range.start, range.end);
    return gap === undefined ? err('no-space') : ok(gap);
  }

  protected protectPages(image: Image, part: Mapping): void {
    const { tables } = image.memory;
    tables.forEachLeaf(image.root, part.start, part.end, (at, va, pte) => {
      const frame = pteFrame(pte);
      const mustCopy = part.sharing === 'private' && !image.mayWrite(frame);
      const flags = mustCopy ? cowFlags(part.permissions) : leafFlags(part.permissions);
      tables.set(at, makePte(frame, flags | (pte & (Pte.A | Pte.D))));
      image.flushPage(va);
    });
  }

  /**
   * Makes the tables that the present pages of a range lack at `delta` from where they are. Shared ones are left for a
   * split, which does all or nothing: an empty table can be taken back, a copy of a shared one cannot.
   */
  private prepareTables(image: Image, from: AddressRange, delta: number): boolean {
    const { tables } = image.memory;
    let enough = true;
    tables.forEachLeaf(image.root, from.start, from.end, (_at, va) => {
      const isThere = tables.findLeaf(image.root, va + delta) >= 0;
      enough = enough && (isThere || tables.ensureLeaf(image.root, va + delta) >= 0);
    });
    return enough;
  }

  private reportMove(from: AddressRange, moved: readonly Mapping[]): void {
    const { listener } = this.#events;
    if (!listener) return;
    const space = this.#target.label;
    listener({ kind: 'unmap', space, start: from.start, end: from.end });
    for (const { start, end, permissions, name } of moved)
      listener({ kind: 'map', space, start, end, permissions, name });
  }

  /** Cuts a copy at page boundaries, and stops it where `copy` says that it faulted. */
  private forEachChunk(
    va: VirtAddr,
    length: number,
    copy: (start: VirtAddr, done: number, count: number) => RefusedCause | undefined,
  ): Result<void, AccessFault> {
    for (let done = 0; done < length;) {
      const start = (va + done) as VirtAddr;
      const count = Math.min(length - done, PAGE_SIZE - pageOffset(start));
      const cause = copy(start, done, count);
      if (cause) return err({ va: start, cause, done });
      done += count;
    }
    return ok();
  }

  /** The frame that a load or store of the guest would reach, after whatever faults that takes. */
  protected touch(va: VirtAddr, access: Access.Read | Access.Write): FrameNumber | RefusedCause {
    const { image } = this.#target;
    const { tables, frames } = image.memory;
    const { i32 } = frames.memory;
    if (va >= this.range.end) return 'unmapped';
    const needed = Pte.V | Pte.U | (access === Access.Write ? Pte.W : Pte.R);
    let at = tables.findLeaf(image.root, va);
    if (at < 0 || (i32[at] & needed) !== needed) {
      this.#faults.handle(this.#target, va, access, this.#record);
      if (isRefused(this.#record.cause)) return this.#record.cause;
      at = tables.findLeaf(image.root, va);
    }
    i32[at] |= Pte.A | (access === Access.Write ? Pte.D : 0);
    const frame = pteFrame(i32[at]);
    if (access === Access.Write) frames.beforeWrite(frame);
    return frame;
  }

  /** As `touch` for a store; the page keeps the frame for as long as it stays mapped. */
  protected touchToPin(va: VirtAddr): FrameNumber | RefusedCause {
    return this.touch(va, Access.Write);
  }

  /** The frame of a page that is present. */
  protected frameAt(va: VirtAddr): FrameNumber {
    return this.#target.image.frameAt(va);
  }

  protected ownForPoke(va: VirtAddr): FrameNumber | RefusedCause {
    const { image, label } = this.#target;
    const mapping = image.mappings.find(va);
    if (!mapping) return 'unmapped';
    if (mapping.sharing === 'shared') return this.touch(va, Access.Write);
    if (mapping.object?.isPastEnd(objectPage(mapping, va))) return 'past-end';
    const before = image.frameAt(va);
    const wasOwn = before === NO_FRAME || image.mayWrite(before);
    const after = before === NO_FRAME ? mapPage(image, mapping, va, true) : ownPage(image, mapping, va);
    if (after === NO_FRAME) return 'no-memory';
    const broken = before !== NO_FRAME ? before : objectFrameBelow(mapping, va);
    if (broken !== NO_FRAME && !(wasOwn && before === after))
      this.#events.listener?.({
        kind: 'cow-break',
        space: label,
        va,
        before: broken,
        after,
        how: image.howKept(broken, after),
      });
    image.memory.frames.beforeWrite(after);
    return after;
  }

  protected presentForPeek(va: VirtAddr): FrameNumber | RefusedCause {
    const { image } = this.#target;
    const mapping = image.mappings.find(va);
    if (!mapping) return 'unmapped';
    if (allows(mapping, Access.Read)) return this.touch(va, Access.Read);
    if (mapping.object?.isPastEnd(objectPage(mapping, va))) return 'past-end';
    const present = image.frameAt(va);
    const frame = present === NO_FRAME ? mapPage(image, mapping, va, false) : present;
    return frame === NO_FRAME ? 'no-memory' : frame;
  }

  private get frames(): FrameTable {
    return this.#target.image.memory.frames;
  }

  private placeOf(va: VirtAddr): { space: number; va: VirtAddr } {
    return { space: this.#target.label, va };
  }
}

function isTooLong(edit: MappingEdit): boolean {
  return edit.list.mappings.length > MAX_MAPPINGS;
}

function shift(mapping: Mapping, delta: number): Mapping {
  return { ...mapping, start: (mapping.start + delta) as VirtAddr, end: (mapping.end + delta) as VirtAddr };
}

function assertAligned({ start, end }: AddressRange): void {
  if (start % PAGE_SIZE !== 0 || end % PAGE_SIZE !== 0 || start >= end)
    throw new Error(`${toHex(start)}-${toHex(end)} is not a range of whole pages`);
}
