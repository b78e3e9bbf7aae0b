import { NO_FRAME, pageFloor, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { Pte, makePte } from '../memory/pte.ts';
import type { EventOutlet, FaultHandler, FaultTarget } from './fault-handler.ts';
import type { RefusedCause } from './fault.ts';
import { leafFlags } from './image.ts';
import { ImageAccess } from './image-access.ts';
import type { Mapping } from './mapping.ts';
import { allows, objectPage } from './page-faults.ts';
import type { PartitionImage } from './partition-image.ts';

/** A frame for a private page of a parked space that nobody else sees, `NO_FRAME` when guest RAM is used up. */
type OwnPage = (page: VirtAddr, mapping: Mapping) => FrameNumber;

/**
 * Access to a space that may be parked: what the kernel writes for it then goes to its snapshot, and not into the pages
 * that the child runs in. A parked space changes nothing but bytes.
 */
export class PartitionAccess extends ImageAccess {
  readonly #parked: { readonly image: PartitionImage };

  constructor(target: FaultTarget & { readonly image: PartitionImage }, faults: FaultHandler, events: EventOutlet) {
    super(target, faults, events);
    this.#parked = target;
  }

  protected override touchToPin(va: VirtAddr): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    if (image.isParked)
      return this.touchParked(image, va, Access.Write, (page, mapping) => image.snapshot!.detach(page, mapping));
    const mapping = image.mappings.find(va);
    const frame = image.frameAt(va);
    const isBorrowed = frame !== NO_FRAME && image.window?.layer.holds(frame);
    return isBorrowed && mapping && allows(mapping, Access.Write)
      ? this.leaveFrame(image, mapping, va, frame)
      : super.touchToPin(va);
  }

  /** A frame of the parent's is the parent's again when the window closes, whatever is still under way into it. */
  private leaveFrame(
    image: PartitionImage,
    mapping: Mapping,
    va: VirtAddr,
    frame: FrameNumber,
  ): FrameNumber | RefusedCause {
    const { frames, tables } = image.memory;
    const copy = frames.allocateCopy(frame);
    if (copy === NO_FRAME) return 'no-memory';
    tables.set(tables.findLeaf(image.root, va), makePte(copy, leafFlags(mapping.permissions) | Pte.A | Pte.D));
    image.flushPage(va);
    frames.release(frame);
    return copy;
  }

  protected override touch(va: VirtAddr, access: Access.Read | Access.Write): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    return image.isParked ? this.touchParked(image, va, access) : super.touch(va, access);
  }

  protected override ownForPoke(va: VirtAddr): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    const mapping = image.mappings.find(va);
    if (!image.isParked || !mapping || mapping.sharing === 'shared') return super.ownForPoke(va);
    return this.reach(image, mapping, va, Access.Write);
  }

  protected override presentForPeek(va: VirtAddr): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    const mapping = image.mappings.find(va);
    return image.isParked && mapping ? this.reach(image, mapping, va, Access.Read) : super.presentForPeek(va);
  }

  private touchParked(
    image: PartitionImage,
    va: VirtAddr,
    access: Access.Read | Access.Write,
    own?: OwnPage,
  ): FrameNumber | RefusedCause {
    const mapping = image.mappings.find(va);
    if (!mapping) return 'unmapped';
    if (!allows(mapping, access)) return 'protection';
    return this.reach(image, mapping, va, access, own);
  }

  private reach(
    image: PartitionImage,
    mapping: Mapping,
    va: VirtAddr,
    access: Access.Read | Access.Write,
    own: OwnPage = (page) => image.snapshot!.own(page, mapping),
  ): FrameNumber | RefusedCause {
    const { object } = mapping;
    const index = objectPage(mapping, va);
    if (object?.isPastEnd(index)) return 'past-end';
    const present = access === Access.Read ? image.frameAt(va) : NO_FRAME;
    const isObjects = object && (mapping.sharing === 'shared' || access === Access.Read);
    const frame = present !== NO_FRAME ? present : isObjects ? object.page(index) : own(pageFloor(va), mapping);
    if (frame === NO_FRAME) return 'no-memory';
    image.sizes.present = image.snapshot!.pages.size;
    if (access === Access.Write) image.memory.frames.beforeWrite(frame);
    return frame;
  }
}
