import { pageFloor, virtAddr, type AddressRange, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import type { ClosedGate } from './closed-gate.ts';
import { Image, type ImageWindow, type PagedMemory } from './image.ts';
import { MappingList } from './mapping-list.ts';
import type { Slot } from './slots.ts';
import type { SnapshotLayer } from './snapshot-layer.ts';
import type { CowBreak } from './space-event.ts';

/** The window that an image runs in: another image's pages, until it is released. */
export interface Window extends ImageWindow {
  /** The image whose pages they are; parked while the window is open. */
  readonly below: PartitionImage;
  readonly layer: SnapshotLayer;
  readonly gate: ClosedGate;
}

/**
 * An image in a slot of the one page table that all have: in the pages of its own slot, or in a window over another
 * image. Its mappings are its own in both cases, so that what changes in a window is undone by closing it.
 */
export class PartitionImage extends Image {
  /** The image that runs in this one's pages; this one is parked meanwhile. */
  above: PartitionImage | undefined;
  readonly #window: Window | undefined;

  constructor(
    memory: PagedMemory,
    root: FrameNumber,
    identity: number,
    readonly slot: Slot,
    window: Window | undefined,
  ) {
    super(memory, root, identity);
    this.#window = window;
  }

  override get window(): Window | undefined {
    return this.#window;
  }

  /** The layer that keeps this image's pages while another one runs in them. */
  get snapshot(): SnapshotLayer | undefined {
    return this.above?.window?.layer;
  }

  override get isParked(): boolean {
    return this.above !== undefined;
  }

  override frameAt(va: VirtAddr): FrameNumber {
    return this.snapshot ? this.snapshot.frameAt(pageFloor(va)) : super.frameAt(va);
  }

  override bytesOf(frame: FrameNumber): FrameNumber {
    return this.snapshot ? this.snapshot.bytesOf(frame) : frame;
  }

  override forEachPage(range: AddressRange, visit: (va: VirtAddr, pte: number) => void): void {
    if (!this.snapshot) {
      // The other slots of the table are other images'.
      const own = this.memory.range;
      const [start, end] = [Math.max(range.start, own.start), Math.min(range.end, own.end)];
      super.forEachPage({ start: virtAddr(start), end: virtAddr(end) }, visit);
      return;
    }
    const pages = [...this.snapshot.pages].filter(([va]) => va >= range.start && va < range.end);
    for (const [va, pte] of pages.sort(([a], [b]) => a - b)) visit(va, pte);
  }

  override mayWrite(frame: FrameNumber): boolean {
    return this.window ? this.window.layer.mayWrite(frame) : super.mayWrite(frame);
  }

  override makeWritable(frame: FrameNumber): FrameNumber {
    return this.window ? this.window.layer.makeWritable(frame) : super.makeWritable(frame);
  }

  override howKept(before: FrameNumber, after: FrameNumber): CowBreak['how'] {
    return before === after && this.window?.layer.saved.has(after) ? 'saved' : super.howKept(before, after);
  }

  /** Tables stay while a window is open: restoring the pages in them must not fail. */
  override prune(range: AddressRange): void {
    if (!this.window && !this.above) super.prune(range);
  }

  /** Gives back its pages, or puts back those of the image below. The table is everybody's, and stays. */
  override release(): void {
    if (this.window) {
      const { below, layer } = this.window;
      layer.restore();
      below.above = undefined;
      below.flush();
      below.prune(below.memory.range);
    } else for (const mapping of this.mappings.mappings) this.dropPages(mapping);
    this.apply({ list: MappingList.EMPTY, removed: this.mappings.mappings, added: [] });
  }
}
