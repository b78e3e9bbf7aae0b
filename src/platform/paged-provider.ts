import { NO_FRAME, virtAddr, type AddressRange, type VirtAddr } from '../memory/address.ts';
import type { FrameTable } from '../memory/frames.ts';
import type { Access, Mmu } from '../memory/mmu.ts';
import type { PageTables } from '../memory/page-table.ts';
import { err, ok, type Result } from '../result.ts';
import { HandleConsumed, type AddressSpace } from './address-space.ts';
import type { FaultClass, FaultOutcome } from './fault.ts';
import { FaultHandler } from './fault-handler.ts';
import type { GuestHandler } from './guest-handler.ts';
import { createImage, type Image, type PagedMemory } from './image.ts';
import { ImageAccess } from './image-access.ts';
import { ImageInspector } from './image-inspector.ts';
import type { Inspector } from './inspector.ts';
import { FaultRecord, causeOfFault, mappingFor, presentFrame } from './page-faults.ts';
import { PagedSpace } from './paged-space.ts';
import type {
  AddressSpaceProvider,
  Busy,
  ExecFailed,
  ForkError,
  ForkTicket,
  MemoryIdentity,
  NoSpace,
  NotSupported,
  ShareIntent,
} from './provider.ts';
import type { SpaceAccess } from './space-access.ts';
import type { SpaceEvent } from './space-event.ts';

/** What a provider is made of. */
export interface ProviderParts {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** Bytes that a stack may grow to (RLIMIT_STACK); 8 MiB if not given. */
  readonly stackLimit?: number;
  /** A fault handler that runs on guest pages; none if not given. */
  readonly guestHandler?: GuestHandler;
}

/** Linux's vm.mmap_min_addr: what lies below is never mapped, so that null pointers fault. */
const MMAP_MIN_ADDR = 0x10000;
const STACK_LIMIT = 8 * 2 ** 20;

/**
 * What all platforms have in common that give a space a page table of its own: handles, borrowing, activation, exec,
 * faults. How a space is made and forked is what tells them apart.
 */
export abstract class PagedProvider implements AddressSpaceProvider<PagedSpace> {
  abstract readonly name: string;
  readonly inspector: Inspector;
  listener: ((event: SpaceEvent) => void) | undefined;

  protected readonly memory: PagedMemory;
  protected readonly guestHandler: GuestHandler | undefined;
  /** All live spaces, oldest first. */
  protected readonly spaces = new Set<PagedSpace>();
  /** All images: those of live spaces, and those that an exec or a fork is building. */
  readonly #images = new Set<Image>();
  readonly #active = new Map<Mmu, PagedSpace>();
  readonly #mmus: Mmu[] = [];
  readonly #faults: FaultHandler;
  readonly #outcome = new FaultRecord();
  #lastLabel = 0;
  #lastIdentity = 0;

  constructor(parts: ProviderParts) {
    const { frames, tables } = parts;
    this.memory = {
      frames,
      tables,
      mmus: this.#mmus,
      range: { start: virtAddr(MMAP_MIN_ADDR), end: tables.mode.userEnd },
      stackLimit: parts.stackLimit ?? STACK_LIMIT,
    };
    this.guestHandler = parts.guestHandler;
    this.#faults = new FaultHandler(this, parts.guestHandler, (target) => new ImageAccess(target, this.#faults, this));
    this.inspector = new ImageInspector({
      memory: this.memory,
      spaces: this.spaces,
      images: this.#images,
      footprint: (space) => this.footprint(space),
      own: (space) => this.own(space),
    });
  }

  abstract create(): Result<PagedSpace, NoSpace | NotSupported>;
  abstract fork(parent: PagedSpace, share: ShareIntent): Result<ForkTicket<PagedSpace>, ForkError>;

  replaceImage<E>(
    space: PagedSpace,
    build: (fresh: SpaceAccess, old: SpaceAccess) => Result<void, E>,
  ): Result<void, ExecFailed<E> | NoSpace> {
    const old = this.own(space).image;
    const image = this.createImage();
    if (!image) return err({ kind: 'no-space' });
    const target = { image, label: space.label };
    let built: Result<void, E> | undefined;
    space.borrows++;
    try {
      built = build(new ImageAccess(target, this.#faults, this), space.access);
    } finally {
      space.borrows--;
      if (!built?.ok) this.dropImage(image);
    }
    if (!built.ok) return err({ kind: 'exec-failed', error: built.error });
    space.image = image;
    for (const [mmu, active] of this.#active) if (active === space) mmu.activate(image.root);
    this.dropImage(old);
    return ok();
  }

  destroy(space: PagedSpace): Result<void, Busy<PagedSpace>> {
    const { image } = this.own(space);
    if (space.borrows > 0 || [...this.#active.values()].includes(space)) return err({ kind: 'busy', space });
    space.consume();
    this.spaces.delete(space);
    this.dropImage(image);
    return ok();
  }

  with<R>(space: PagedSpace, use: (access: SpaceAccess) => R): R {
    this.own(space).borrows++;
    try {
      return use(space.access);
    } finally {
      space.borrows--;
    }
  }

  activate(mmu: Mmu, space: PagedSpace): void {
    const { image } = this.own(space);
    const from = this.#active.get(mmu);
    if (from === space) return;
    if (!from) this.#mmus.push(mmu);
    this.#active.set(mmu, space);
    mmu.activate(image.root);
    this.listener?.({ kind: 'switch', from: from?.label, to: space.label });
  }

  deactivate(mmu: Mmu): void {
    if (!this.#active.delete(mmu)) return;
    this.#mmus.splice(this.#mmus.indexOf(mmu), 1);
    mmu.activate(NO_FRAME);
  }

  range(space: PagedSpace): AddressRange {
    return this.own(space).image.memory.range;
  }

  memoryIdentity(space: PagedSpace, va: VirtAddr): MemoryIdentity {
    const { image } = this.own(space);
    const mapping = image.mappings.find(va);
    if (mapping?.sharing === 'shared' && mapping.object)
      return `object ${mapping.object.identity} + ${mapping.offset + (va - mapping.start)}` as MemoryIdentity;
    return `image ${image.identity} + ${va}` as MemoryIdentity;
  }

  classifyFault(space: PagedSpace, va: VirtAddr, access: Access): FaultClass {
    const { image } = this.own(space);
    const mapping = mappingFor(image, va);
    const frame = presentFrame(image, va);
    return {
      cause: causeOfFault(image, mapping, va, access),
      mapping,
      frame: frame === NO_FRAME ? undefined : frame,
      refcount: frame === NO_FRAME ? 0 : this.inspector.references(frame, va),
    };
  }

  resolveFault(space: PagedSpace, va: VirtAddr, access: Access): FaultOutcome {
    this.#faults.handle(this.own(space), va, access, this.#outcome);
    return this.#outcome;
  }

  label(space: PagedSpace): number {
    return this.own(space).label;
  }

  /** The handle, after making sure that it is live and of this provider. */
  protected own(space: AddressSpace): PagedSpace {
    if (!(space instanceof PagedSpace) || space.provider !== this) throw new HandleConsumed(undefined);
    space.assertLive();
    return space;
  }

  /** A new, empty image, or `undefined` when guest RAM is used up. */
  protected createImage(): Image | undefined {
    const image = createImage(this.memory, ++this.#lastIdentity);
    if (image) this.#images.add(image);
    return image;
  }

  /** Forgets one space's hold on an image. */
  protected dropImage(image: Image): void {
    if (--image.sharers > 0) return;
    image.release();
    this.#images.delete(image);
  }

  /** A new handle for an image. */
  protected createSpace(image: Image, parent: number | undefined): PagedSpace {
    const space = new PagedSpace(this, ++this.#lastLabel, parent, image, (live) => this.dispose(live));
    space.access = new ImageAccess(space, this.#faults, this);
    this.spaces.add(space);
    return space;
  }

  protected footprint(space: PagedSpace): readonly VirtAddr[] {
    return this.guestHandler?.footprint(space.label) ?? [];
  }

  private dispose(space: AddressSpace): void {
    if (!this.destroy(this.own(space)).ok) throw new Error('an address space was disposed of while it was in use');
  }
}
