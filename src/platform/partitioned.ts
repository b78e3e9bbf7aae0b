import { NO_FRAME, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { err, ok, type Result } from '../result.ts';
import { ClosedGate } from './closed-gate.ts';
import type { FaultTarget } from './fault-handler.ts';
import { OPEN_GATE } from './gate.ts';
import type { ImageAccess } from './image-access.ts';
import type { SlotMap } from './image-inspector.ts';
import { PagedProvider, type ProviderParts } from './paged-provider.ts';
import type { PagedSpace } from './paged-space.ts';
import { PartitionAccess } from './partition-access.ts';
import { PartitionImage, type Window } from './partition-image.ts';
import type { ExecFailed, ForkError, ForkTicket, NoSpace, ShareIntent, Busy } from './provider.ts';
import { Slots, type Slot } from './slots.ts';
import { SnapshotLayer } from './snapshot-layer.ts';
import type { SpaceAccess } from './space-access.ts';

const SLOT_SIZE = 4 * 2 ** 30;

/**
 * All processes live in one page table, each in a slot of addresses of its own. Pages cannot be mapped at the parent's
 * addresses twice, so the child of a fork runs in the parent's pages, and the parent waits: what the child writes is
 * saved before, and put back when it executes a program, which is loaded into its reserved slot, or ends. Nothing keeps a
 * stray pointer of one slot out of another one.
 */
export class PartitionedProvider extends PagedProvider<PartitionImage> {
  override readonly name: string = 'partitioned';
  readonly #slots: Slots;
  /** Where forked spaces go when they execute a program. */
  readonly #reserved = new Map<PagedSpace<PartitionImage>, Slot>();
  /** The table that all have, while there are any. */
  #root: FrameNumber = NO_FRAME;

  constructor(parts: ProviderParts) {
    super(parts);
    this.#slots = new Slots(this.memory.range, parts.slotSize ?? SLOT_SIZE);
  }

  create(): Result<PagedSpace<PartitionImage>, NoSpace> {
    const image = this.imageInFreeSlot();
    return image ? ok(this.createSpace(image, undefined)) : err({ kind: 'no-space' });
  }

  fork(
    parent: PagedSpace<PartitionImage>,
    share: ShareIntent,
  ): Result<ForkTicket<PagedSpace<PartitionImage>>, ForkError> {
    const { image, label } = this.own(parent);
    if (image.isParked) throw new Error('a parked space cannot fork');
    if (share === 'share-memory') {
      image.sharers++;
      return ok({ child: this.createSpace(image, label), parentGate: OPEN_GATE });
    }
    const slot = this.#slots.take();
    if (!slot) return err({ kind: 'no-space' });
    this.noteSpaces();
    const layer = this.createLayer(image);
    if (!layer.take(this.savesUpFront(this.footprint(parent)))) {
      this.releaseSlot(slot);
      return err({ kind: 'no-space' });
    }
    image.flush();
    const gate = new ClosedGate('runs in its pages');
    const child = this.imageIn(image.slot, { below: image, layer, gate });
    child.adopt(image);
    image.above = child;
    const space = this.createSpace(child, label);
    this.#reserved.set(space, slot);
    return ok({ child: space, parentGate: gate });
  }

  override replaceImage<E>(
    space: PagedSpace<PartitionImage>,
    build: (fresh: SpaceAccess, old: SpaceAccess) => Result<void, E>,
  ): Result<void, ExecFailed<E> | NoSpace> {
    const replaced = super.replaceImage(space, build);
    if (replaced.ok) this.endReservation(space);
    return replaced;
  }

  override destroy(space: PagedSpace<PartitionImage>): Result<void, Busy<PagedSpace<PartitionImage>>> {
    const destroyed = super.destroy(space);
    if (destroyed.ok) this.endReservation(space);
    return destroyed;
  }

  protected createLayer({ memory, root, window }: PartitionImage): SnapshotLayer {
    return new SnapshotLayer(memory, root, memory.range, window?.layer);
  }

  /** Which private pages of a parent are saved at the fork, and stay writable, instead of at the first write. */
  protected savesUpFront(footprint: readonly VirtAddr[]): (va: VirtAddr) => boolean {
    const pages = new Set(footprint);
    return (va) => pages.has(va);
  }

  protected override createAccess(target: FaultTarget & { readonly image: PartitionImage }): ImageAccess {
    return new PartitionAccess(target, this.faults, this);
  }

  protected override imageForExec(space: PagedSpace<PartitionImage>): PartitionImage | undefined {
    const { image } = space;
    // A space that holds nothing yet is loaded where it is.
    const isEmpty = !image.window && image.sharers === 1 && image.mappings.mappings.length === 0;
    const slot = this.#reserved.get(space) ?? (isEmpty ? image.slot : undefined);
    if (!slot) return this.imageInFreeSlot();
    this.#slots.hold(slot);
    return this.imageIn(slot, undefined);
  }

  protected override dropImage(image: PartitionImage): void {
    if (--image.sharers === 0) this.retire(image);
  }

  protected override slots(): SlotMap {
    const used = this.#slots.used().map((slot) => ({
      slot,
      reservedFor: [...this.#reserved].filter(([, reserved]) => reserved.index === slot.index).map(([space]) => space),
    }));
    return { count: this.#slots.count, used };
  }

  /** For a slot that nobody lives in, or has reserved, any more. */
  protected releaseSlot(slot: Slot): void {
    this.#slots.release(slot);
  }

  /** Lets an image go that no space has; one that is parked goes when the window over it closes. */
  private retire(image: PartitionImage): void {
    if (image.isParked) return;
    image.release();
    this.forgetImage(image);
    if (image.window) {
      const { below, gate } = image.window;
      gate.open();
      if (below.sharers === 0) this.retire(below);
      return;
    }
    this.releaseSlot(image.slot);
    if (this.images.size > 0) return;
    this.memory.tables.destroy(this.#root);
    this.#root = NO_FRAME;
  }

  private endReservation(space: PagedSpace<PartitionImage>): void {
    const slot = this.#reserved.get(space);
    if (!slot) return;
    this.#reserved.delete(space);
    this.releaseSlot(slot);
  }

  private imageInFreeSlot(): PartitionImage | undefined {
    const slot = this.#slots.take();
    if (!slot) return undefined;
    this.noteSpaces();
    if (this.#root === NO_FRAME) this.#root = this.memory.tables.createRoot();
    if (this.#root !== NO_FRAME) return this.imageIn(slot, undefined);
    this.#slots.release(slot);
    return undefined;
  }

  private imageIn(slot: Slot, window: Window | undefined): PartitionImage {
    const memory = { ...this.memory, range: slot.range };
    return this.keepImage(new PartitionImage(memory, this.#root, this.nextIdentity(), slot, window));
  }
}
