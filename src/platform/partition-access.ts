import { NO_FRAME, pageFloor, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import type { Result } from '../result.ts';
import { UnimplementedError } from './address-space.ts';
import type { EventOutlet, FaultHandler, FaultTarget } from './fault-handler.ts';
import type { RefusedCause } from './fault.ts';
import { ImageAccess } from './image-access.ts';
import type { Mapping } from './mapping.ts';
import { allows, objectPage } from './page-faults.ts';
import type { PartitionImage } from './partition-image.ts';
import type { AccessFault } from './space-access.ts';

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

  override pin(va: VirtAddr): Result<FrameNumber, AccessFault> {
    // What is pinned is transferred into the frame itself, and the child may have that.
    if (this.#parked.image.isParked) throw new UnimplementedError('partitioned', 'pin for a parked space');
    return super.pin(va);
  }

  protected override touch(va: VirtAddr, access: Access.Read | Access.Write): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    if (!image.isParked) return super.touch(va, access);
    const mapping = image.mappings.find(va);
    if (!mapping) return 'unmapped';
    if (!allows(mapping, access)) return 'protection';
    return this.reach(image, mapping, va, access);
  }

  protected override ownForPoke(va: VirtAddr): FrameNumber | RefusedCause {
    const { image } = this.#parked;
    const mapping = image.mappings.find(va);
    if (!image.isParked || !mapping || mapping.sharing === 'shared') return super.ownForPoke(va);
    return this.reach(image, mapping, va, Access.Write);
  }

  private reach(
    image: PartitionImage,
    mapping: Mapping,
    va: VirtAddr,
    access: Access.Read | Access.Write,
  ): FrameNumber | RefusedCause {
    const { object } = mapping;
    const index = objectPage(mapping, va);
    if (object?.isPastEnd(index)) return 'past-end';
    const present = access === Access.Read ? image.frameAt(va) : NO_FRAME;
    const isObjects = object && (mapping.sharing === 'shared' || access === Access.Read);
    const frame =
      present !== NO_FRAME ? present : isObjects ? object.page(index) : image.snapshot!.own(pageFloor(va), mapping);
    if (frame === NO_FRAME) return 'no-memory';
    if (access === Access.Write) image.memory.frames.beforeWrite(frame);
    return frame;
  }
}
