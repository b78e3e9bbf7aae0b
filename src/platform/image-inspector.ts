import {
  NO_FRAME,
  PAGE_SIZE,
  pageFloor,
  type AddressRange,
  type FrameNumber,
  type VirtAddr,
} from '../memory/address.ts';
import { FrameUse, type FrameTable } from '../memory/frames.ts';
import type { PageTables, WalkStep } from '../memory/page-table.ts';
import { Pte, pteFrame } from '../memory/pte.ts';
import type { AddressSpace } from './address-space.ts';
import { sharersOf, type Image, type ImageWindow, type PagedMemory } from './image.ts';
import type {
  FrameOwner,
  HandleView,
  ImageView,
  Inspector,
  LayerView,
  PageInFrame,
  PageView,
  SlotView,
  SpaceView,
} from './inspector.ts';
import type { Mapping } from './mapping.ts';
import type { MemoryObject } from './memory-object.ts';
import { objectPage } from './page-faults.ts';
import type { PagedSpace } from './paged-space.ts';

/** A part of the address space that somebody holds. */
interface UsedSlot {
  readonly slot: { readonly index: number; readonly range: AddressRange };
  readonly reservedFor: readonly PagedSpace[];
}

/** How an address space is cut into parts. */
export interface SlotMap {
  readonly count: number;
  readonly used: readonly UsedSlot[];
}

/** What a provider shows of itself. */
interface InspectedProvider {
  readonly memory: PagedMemory;
  readonly spaces: ReadonlySet<PagedSpace>;
  readonly images: ReadonlySet<Image>;
  /** Counts what `Inspector.mark` has marked. */
  readonly moment: { now: number };
  /** The live space with a label. */
  space(label: number): PagedSpace | undefined;
  slots(): SlotMap;
  handles(): Iterable<PagedSpace>;
  footprint(space: PagedSpace): readonly VirtAddr[];
  /** Throws `HandleConsumed` for a handle that is not a live one of this provider. */
  own(space: AddressSpace): PagedSpace;
}

const ZEROES = new Uint8Array(PAGE_SIZE);

/** The inspector port of a provider whose spaces have images. */
export class ImageInspector implements Inspector {
  readonly #provider: InspectedProvider;

  constructor(provider: InspectedProvider) {
    this.#provider = provider;
  }

  get frames(): FrameTable {
    return this.#provider.memory.frames;
  }

  get tables(): PageTables {
    return this.#provider.memory.tables;
  }

  spaces(): readonly SpaceView[] {
    return [...this.#provider.spaces].map((space) => this.view(space));
  }

  view(space: AddressSpace): SpaceView {
    const { label, image, parent } = this.#provider.own(space);
    return {
      space: label,
      root: image.root,
      range: image.memory.range,
      parent,
      sharers: image.sharers,
      footprint: this.#provider.footprint(this.#provider.own(space)),
    };
  }

  viewOf(space: number): Pick<SpaceView, 'root' | 'range'> {
    const { root, memory } = this.image(space);
    return { root, range: memory.range };
  }

  images(): readonly ImageView[] {
    return [...this.#provider.images].map((image) => ({
      root: image.root,
      range: image.memory.range,
      mappings: image.mappings.mappings,
      spaces: [...image.labels],
      isParked: image.isParked,
      layer: image.window && this.layer(image, image.window),
    }));
  }

  get slotCount(): number {
    return this.#provider.slots().count;
  }

  slots(): readonly SlotView[] {
    return this.#provider.slots().used.map(({ slot, reservedFor }) => ({
      ...slot,
      spaces: [...this.#provider.spaces]
        .filter(({ image }) => image.memory.range.start === slot.range.start)
        .map(({ label }) => label),
      reservedFor: reservedFor.map(({ label }) => label),
    }));
  }

  handles(): readonly HandleView[] {
    return [...this.#provider.handles()].map(({ label, parent, isLive, history }) => ({
      space: label,
      parent,
      isLive,
      createdAt: history.createdAt.stack ?? '',
      consumedAt: history.consumedAt?.stack,
    }));
  }

  mark(): number {
    return ++this.#provider.moment.now;
  }

  wasUsed(space: number, since: number): boolean {
    // Where all have one table, one that ends or writes changes what others have.
    if (this.slotCount > 0) return true;
    return this.image(space).usedAt >= since;
  }

  isParked(space: number): boolean {
    return this.image(space).isParked;
  }

  mappings(space: number): readonly Mapping[] {
    return this.image(space).mappings.mappings;
  }

  mappingAt(space: number, va: VirtAddr): Mapping | undefined {
    return this.image(space).mappings.find(va);
  }

  withSameMemory(space: number): readonly number[] {
    return [...this.image(space).labels];
  }

  oldestWithMemory(space: number): number {
    return oldest(this.image(space));
  }

  walk(space: number, va: VirtAddr): readonly WalkStep[] {
    return this.tables.walk(this.image(space).root, va);
  }

  forEachPage(space: number, range: AddressRange, visit: (page: PageView) => void): void {
    this.image(space).forEachPage(range, (va, pte) => visit(new PresentPage(this, va, pte)));
  }

  forEachEntry(space: number, range: AddressRange, visit: (va: VirtAddr, pte: number) => void): void {
    this.image(space).forEachPage(range, visit);
  }

  countSame(one: number, other: number, use: FrameUse): number {
    const [mine, theirs] = [this.image(one), this.image(other)];
    if (mine.root !== theirs.root) return this.tables.countSame(mine.root, theirs.root, use);
    let count = 0;
    this.forEachPair(one, other, (_va, frame, others) => {
      if (frame === others && this.frames.useOf(frame) === use) count++;
    });
    return count;
  }

  markFrames(space: number, marks: Uint8Array, mark: number): void {
    const image = this.image(space);
    const { start, end } = image.memory.range;
    if (image.isParked) this.forEachFrame(space, (_va, frame) => (marks[frame] = mark));
    else this.tables.markFrames(image.root, start, end, marks, mark);
  }

  sharing(space: number): (va: VirtAddr, pte: number) => boolean {
    const image = this.image(space);
    if (this.slotCount > 0) return this.sharingOfWindows(image);
    const { uses, refcounts } = this.frames;
    const span = this.tables.span(1);
    let end = 0;
    let isTableShared = false;
    return (va, pte) => {
      const frame = pteFrame(pte);
      if (uses[frame] !== (FrameUse.Private as number)) return false;
      if (va >= end) {
        end = va - (va % span) + span;
        isTableShared = refcounts[this.tables.tableOf(this.tables.findLeaf(image.root, va))] > 1;
      }
      return isTableShared || sharersOf(this.frames, frame) > 1;
    };
  }

  /** Where a child runs in its parent's pages, what is written keeps its frame: the holders of the bytes count. */
  private sharingOfWindows(image: Image): (va: VirtAddr, pte: number) => boolean {
    const holders = new Map<FrameNumber, number>();
    for (const one of this.#provider.images)
      // A parent that was killed has a page of nobody.
      if (one.labels.size > 0)
        one.forEachPage(one.memory.range, (_va, pte) => {
          const frame = one.bytesOf(pteFrame(pte));
          holders.set(frame, (holders.get(frame) ?? 0) + 1);
        });
    return (_va, pte) => {
      const frame = image.bytesOf(pteFrame(pte));
      return this.frames.useOf(frame) === FrameUse.Private && holders.get(frame)! > 1;
    };
  }

  forEachFrame(space: number, visit: (va: VirtAddr, frame: FrameNumber) => void): void {
    const image = this.image(space);
    image.forEachPage(image.memory.range, (va, pte) => visit(va, image.bytesOf(pteFrame(pte))));
  }

  forEachPair(one: number, other: number, visit: (va: VirtAddr, mine: FrameNumber, theirs: FrameNumber) => void): void {
    const [mine, theirs] = [this.image(one), this.image(other)];
    if (mine.root !== theirs.root) {
      this.tables.forEachPair(mine.root, theirs.root, (va, first, second) =>
        visit(va, pteFrame(first), pteFrame(second)),
      );
      return;
    }
    const pages = new Map<VirtAddr, [FrameNumber, FrameNumber]>();
    for (const [side, space] of [one, other].entries())
      this.forEachFrame(space, (va, frame) => {
        const pair = pages.get(va) ?? [NO_FRAME, NO_FRAME];
        pair[side] = frame;
        pages.set(va, pair);
      });
    for (const [va, pair] of [...pages].sort(([a], [b]) => a - b)) visit(va, ...pair);
  }

  references(frame: FrameNumber, near: VirtAddr): number {
    const { refcounts, memory } = this.frames;
    const seen = new Set<FrameNumber>();
    let references = refcounts[frame];
    for (const { root } of this.#provider.images) {
      const at = this.tables.findLeaf(root, near);
      if (at < 0 || !(memory.i32[at] & Pte.V) || pteFrame(memory.i32[at]) !== frame) continue;
      const table = this.tables.tableOf(at);
      if (refcounts[table] > 1 && !seen.has(table)) references += refcounts[table] - 1;
      seen.add(table);
    }
    return references;
  }

  owners(frame: FrameNumber, near?: VirtAddr): readonly FrameOwner[] {
    return near === undefined ? this.ownersAnywhere([frame]).get(frame)! : this.ownersOf([{ frame, va: near }])[0];
  }

  ownersOf(pages: readonly PageInFrame[]): readonly (readonly FrameOwner[])[] {
    const found = pages.map(({ frame, va }) => this.ownersNear(frame, va));
    const missed = new Set(pages.filter((_page, index) => !found[index]).map(({ frame }) => frame));
    const anywhere = missed.size > 0 ? this.ownersAnywhere([...missed]) : undefined;
    return found.map((owners, index) => owners ?? anywhere!.get(pages[index].frame)!);
  }

  sharersAt(frame: FrameNumber, va: VirtAddr): readonly number[] {
    const page = pageFloor(va);
    const spaces = this.snapshotsAt(frame, va).map(({ space }) => space);
    for (const image of this.#provider.images)
      if (!image.isParked && image.frameAt(page) === frame) spaces.push(oldest(image));
    return spaces;
  }

  peek(space: number, page: VirtAddr): Uint8Array | undefined {
    const image = this.image(space);
    const mapping = image.mappings.find(page);
    if (!mapping) return undefined;
    const frame = image.frameAt(page);
    if (frame !== NO_FRAME) return this.frames.memory.frameBytes(frame);
    if (!mapping.object) return ZEROES;
    const index = objectPage(mapping, page);
    return mapping.object.isPastEnd(index) ? undefined : mapping.object.peek(index);
  }

  private image(label: number): Image {
    const image = this.#provider.space(label)?.image;
    if (!image) throw new Error(`there is no address space ${label}`);
    return image;
  }

  /** The owners of a frame, if they all map it at this address; else `undefined`. */
  private ownersNear(frame: FrameNumber, near: VirtAddr): readonly FrameOwner[] | undefined {
    const mappers = [...this.snapshotsAt(frame, near), ...this.pagesAt(frame, near)];
    const isObjects = this.frames.useOf(frame) === FrameUse.Object;
    const expected = this.references(frame, near) - this.frames.pins[frame] - (isObjects ? 1 : 0);
    if (mappers.length !== expected) return undefined;
    if (!isObjects) return [...this.pinOwners(frame), ...mappers];
    const object = this.objectNear(frame, near);
    return object && [...this.pinOwners(frame), object, ...mappers];
  }

  /** The owners of frames wherever they are mapped: everything is looked at once. */
  private ownersAnywhere(frames: readonly FrameNumber[]): ReadonlyMap<FrameNumber, readonly FrameOwner[]> {
    const objects = this.objectOwners(new Set(frames.filter((frame) => this.frames.useOf(frame) === FrameUse.Object)));
    const owners = new Map(frames.map((frame) => [frame, [...this.pinOwners(frame), ...(objects.get(frame) ?? [])]]));
    const isWanted = new Uint8Array(this.frames.total);
    for (const frame of frames) isWanted[frame] = 1;
    this.addSnapshots(owners);
    for (const image of this.#provider.images) {
      if (image.isParked) continue;
      const space = oldest(image);
      image.forEachPage(image.memory.range, (va, pte) => {
        const frame = pteFrame(pte);
        if (isWanted[frame] === 1) owners.get(frame)!.push({ kind: 'page', space, va });
      });
    }
    return owners;
  }

  private pagesAt(frame: FrameNumber, va: VirtAddr): (FrameOwner & { readonly space: number })[] {
    const page = pageFloor(va);
    const owners: (FrameOwner & { readonly space: number })[] = [];
    for (const image of this.#provider.images)
      if (!image.isParked && image.frameAt(page) === frame)
        owners.push({ kind: 'page', space: oldest(image), va: page });
    return owners;
  }

  private pinOwners(frame: FrameNumber): FrameOwner[] {
    const count = this.frames.pins[frame];
    return count > 0 ? [{ kind: 'pin', count, space: this.pinnerOf(frame) }] : [];
  }

  private pinnerOf(frame: FrameNumber): number | undefined {
    const image = this.#provider.memory.pinners.get(frame);
    const [space] = image?.labels ?? [];
    return space;
  }

  private layer(image: Image, { below, layer, gate }: ImageWindow): LayerView {
    const { depth, pages, saved } = layer;
    const { range } = image.memory;
    return { parents: [...below.labels], children: [...image.labels], range, depth, pages, saved, gate };
  }

  private snapshotsAt(frame: FrameNumber, va: VirtAddr): (FrameOwner & { readonly space: number })[] {
    const page = pageFloor(va);
    const owners: (FrameOwner & { readonly space: number })[] = [];
    for (const { window } of this.#provider.images) {
      const pte = window?.layer.pages.get(page);
      if (window && pte !== undefined && pteFrame(pte) === frame)
        owners.push({ kind: 'snapshot', what: 'held', space: oldest(window.below), va: page });
    }
    return owners;
  }

  private addSnapshots(owners: ReadonlyMap<FrameNumber, FrameOwner[]>): void {
    for (const { window } of this.#provider.images) {
      if (!window) continue;
      const { pages, saved } = window.layer;
      const space = oldest(window.below);
      for (const [va, pte] of pages) {
        const held = pteFrame(pte);
        owners.get(held)?.push({ kind: 'snapshot', what: 'held', space, va });
        const copy = saved.get(held);
        if (copy !== undefined) owners.get(copy)?.push({ kind: 'snapshot', what: 'copy', space, va });
      }
    }
  }

  /** The object that somebody maps at an address, if the frame is the page of it there. */
  private objectNear(frame: FrameNumber, va: VirtAddr): FrameOwner | undefined {
    for (const { mappings } of this.#provider.images) {
      const mapping = mappings.find(va);
      if (!mapping?.object) continue;
      const page = objectPage(mapping, va);
      if (mapping.object.cachedPage(page) === frame) return { kind: 'object', name: mapping.object.name, page };
    }
    return undefined;
  }

  /** The objects whose pages frames are; one that nothing maps any more is known to its holder alone. */
  private objectOwners(frames: ReadonlySet<FrameNumber>): ReadonlyMap<FrameNumber, readonly FrameOwner[]> {
    const owners = new Map<FrameNumber, readonly FrameOwner[]>();
    if (frames.size === 0) return owners;
    for (const frame of frames) owners.set(frame, [{ kind: 'object', name: '', page: 0 }]);
    for (const object of this.mappedObjects())
      for (const [page, cached] of object.cachedPages())
        if (frames.has(cached)) owners.set(cached, [{ kind: 'object', name: object.name, page }]);
    return owners;
  }

  private mappedObjects(): Set<MemoryObject> {
    const objects = new Set<MemoryObject>();
    for (const image of this.#provider.images)
      for (const { object } of image.mappings.mappings) if (object) objects.add(object);
    return objects;
  }
}

/** The oldest space with an image; 0 where none has it any more, or yet. */
function oldest({ labels }: Image): number {
  const [space = 0] = labels;
  return space;
}

/** A page whose references are counted when they are asked for. */
class PresentPage implements PageView {
  readonly level = 0;
  readonly #inspector: Inspector;

  constructor(
    inspector: Inspector,
    readonly va: VirtAddr,
    readonly pte: number,
  ) {
    this.#inspector = inspector;
  }

  get frame(): FrameNumber {
    return pteFrame(this.pte);
  }

  get refcount(): number {
    return this.#inspector.references(this.frame, this.va);
  }
}
