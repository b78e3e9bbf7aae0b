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
import type { Image, ImageWindow, PagedMemory } from './image.ts';
import type {
  FrameOwner,
  HandleView,
  ImageView,
  Inspector,
  LayerView,
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

  images(): readonly ImageView[] {
    return [...this.#provider.images].map((image) => ({
      root: image.root,
      range: image.memory.range,
      mappings: image.mappings.mappings,
      spaces: this.spacesOf(image),
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

  mappings(space: number): readonly Mapping[] {
    return this.image(space).mappings.mappings;
  }

  walk(space: number, va: VirtAddr): readonly WalkStep[] {
    return this.tables.walk(this.image(space).root, va);
  }

  forEachPage(space: number, range: AddressRange, visit: (page: PageView) => void): void {
    this.image(space).forEachPage(range, (va, pte) => {
      const frame = pteFrame(pte);
      visit({ va, level: 0, pte, frame, refcount: this.references(frame, va) });
    });
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
    const owners: FrameOwner[] = [];
    const pins = this.frames.pins[frame];
    if (pins > 0) owners.push({ kind: 'pin', count: pins, space: this.pinnerOf(frame) });
    if (this.frames.useOf(frame) === FrameUse.Object) owners.push(this.objectOwner(frame));
    if (near !== undefined) {
      const expected = this.references(frame, near) - pins - owners.filter(({ kind }) => kind !== 'pin').length;
      const mappers = [...this.snapshotsAt(frame, near), ...this.pagesAt(frame, near)];
      if (mappers.length === expected) return [...owners, ...mappers];
    }
    return [...owners, ...this.snapshotsOf(frame), ...this.pagesAnywhere(frame)];
  }

  sharersAt(frame: FrameNumber, va: VirtAddr): readonly number[] {
    return [...this.snapshotsAt(frame, va), ...this.pagesAt(frame, va)].flatMap((owner) =>
      'space' in owner && owner.space !== undefined ? [owner.space] : [],
    );
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
    for (const space of this.#provider.spaces) if (space.label === label) return space.image;
    throw new Error(`there is no address space ${label}`);
  }

  private spacesOf(image: Image): number[] {
    return [...this.#provider.spaces].filter((space) => space.image === image).map((space) => space.label);
  }

  private pagesAt(frame: FrameNumber, va: VirtAddr): FrameOwner[] {
    const page = pageFloor(va);
    return [...this.#provider.images]
      .filter((image) => !image.isParked && image.frameAt(page) === frame)
      .map((image) => ({ kind: 'page', space: this.spacesOf(image)[0] ?? 0, va: page }));
  }

  private pagesAnywhere(frame: FrameNumber): FrameOwner[] {
    const owners: FrameOwner[] = [];
    for (const image of this.#provider.images) {
      if (image.isParked) continue;
      const space = this.spacesOf(image)[0] ?? 0;
      image.forEachPage(image.memory.range, (va, pte) => {
        if (pteFrame(pte) === frame) owners.push({ kind: 'page', space, va });
      });
    }
    return owners;
  }

  private pinnerOf(frame: FrameNumber): number | undefined {
    const image = this.#provider.memory.pinners.get(frame);
    return image && this.spacesOf(image)[0];
  }

  private layer(image: Image, { below, layer, gate }: ImageWindow): LayerView {
    const { depth, pages, saved } = layer;
    const { range } = image.memory;
    return { parents: this.spacesOf(below), children: this.spacesOf(image), range, depth, pages, saved, gate };
  }

  private snapshotsAt(frame: FrameNumber, va: VirtAddr): FrameOwner[] {
    const page = pageFloor(va);
    return [...this.#provider.images].flatMap(({ window }) => {
      const pte = window?.layer.pages.get(page);
      if (!window || pte === undefined || pteFrame(pte) !== frame) return [];
      return [{ kind: 'snapshot', what: 'held', space: this.spacesOf(window.below)[0] ?? 0, va: page }];
    });
  }

  private snapshotsOf(frame: FrameNumber): FrameOwner[] {
    const owners: FrameOwner[] = [];
    for (const { window } of this.#provider.images) {
      if (!window) continue;
      const { pages, saved } = window.layer;
      const space = this.spacesOf(window.below)[0] ?? 0;
      for (const [va, pte] of pages) {
        const held = pteFrame(pte);
        if (held === frame) owners.push({ kind: 'snapshot', what: 'held', space, va });
        if (saved.get(held) === frame) owners.push({ kind: 'snapshot', what: 'copy', space, va });
      }
    }
    return owners;
  }

  /** The object whose page a frame is; one that nothing maps any more is known to its holder alone. */
  private objectOwner(frame: FrameNumber): FrameOwner {
    const seen = new Set<MemoryObject>();
    for (const image of this.#provider.images)
      for (const { object } of image.mappings.mappings) {
        if (!object || seen.has(object)) continue;
        seen.add(object);
        for (const [page, cached] of object.cachedPages())
          if (cached === frame) return { kind: 'object', name: object.name, page };
      }
    return { kind: 'object', name: '', page: 0 };
  }
}
