import { NO_FRAME, virtAddr, type AddressRange, type VirtAddr } from '../memory/address.ts';
import type { FrameTable } from '../memory/frames.ts';
import type { Access, Mmu } from '../memory/mmu.ts';
import type { PageTables } from '../memory/page-table.ts';
import { err, ok, type Result } from '../result.ts';
import { HandleConsumed, TRACED, type AddressSpace, type HandleTrace } from './address-space.ts';
import type { FaultClass, FaultCounts, FaultOutcome } from './fault.ts';
import { FaultHandler, type FaultTarget } from './fault-handler.ts';
import type { GuestHandler } from './guest-handler.ts';
import type { Image, PagedMemory } from './image.ts';
import { ImageAccess } from './image-access.ts';
import { InvariantChecker } from './invariant-checker.ts';
import { ImageInspector, type SlotMap } from './image-inspector.ts';
import type { Inspector } from './inspector.ts';
import { FaultRecord, causeOfFault, mappingFor } from './page-faults.ts';
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
import { MMAP_MIN_ADDR } from './space-layout.ts';

/** What a provider is made of. */
export interface ProviderParts {
  readonly frames: FrameTable;
  readonly tables: PageTables;
  /** Bytes that a stack may grow to (RLIMIT_STACK); 8 MiB if not given. */
  readonly stackLimit?: number;
  /** A fault handler that runs on guest pages; none if not given. */
  readonly guestHandler?: GuestHandler;
  /** Bytes of address space that one process gets, where all have one page table; 4 GiB if not given. */
  readonly slotSize?: number;
  /** Whether handles remember where they were made and consumed; `TRACED` if not given. */
  readonly trace?: HandleTrace;
}

const STACK_LIMIT = 8 * 2 ** 20;
/** Consumed handles that are remembered. */
const CONSUMED_HANDLES = 64;

/**
 * What all platforms have in common that give a space a page table of its own: handles, borrowing, activation, exec,
 * faults. How a space is made and forked is what tells them apart.
 */
export abstract class PagedProvider<I extends Image = Image> implements AddressSpaceProvider<PagedSpace<I>> {
  abstract readonly name: string;
  readonly inspector: Inspector;
  listener: ((event: SpaceEvent) => void) | undefined;

  readonly memory: PagedMemory;
  protected readonly guestHandler: GuestHandler | undefined;
  /** All live spaces, oldest first. */
  protected readonly spaces = new Set<PagedSpace<I>>();
  /** All images: those of live spaces, parked ones whose spaces are gone, and those that an exec or a fork is building. */
  readonly images = new Set<I>();
  protected readonly faults: FaultHandler;
  readonly #active = new Map<Mmu, PagedSpace<I>>();
  readonly #mmus: Mmu[] = [];
  /** Handles by the label of their space: all live ones, and those that were consumed last. */
  readonly #handles = new Map<number, PagedSpace<I>>();
  readonly #consumed: number[] = [];
  readonly #outcome = new FaultRecord();
  readonly #trace: HandleTrace;
  readonly #dispose = (space: AddressSpace): void => {
    if (!this.destroy(this.own(space)).ok) throw new Error('an address space was disposed of while it was in use');
  };
  readonly #moment = { now: 0 };
  #lastLabel = 0;
  #lastIdentity = 0;

  constructor(parts: ProviderParts) {
    const { frames, tables } = parts;
    this.memory = {
      frames,
      tables,
      pinners: new Map(),
      mmus: this.#mmus,
      range: { start: virtAddr(MMAP_MIN_ADDR), end: tables.mode.userEnd },
      stackLimit: parts.stackLimit ?? STACK_LIMIT,
    };
    this.guestHandler = parts.guestHandler;
    this.#trace = parts.trace ?? TRACED;
    this.faults = new FaultHandler(this, parts.guestHandler, (target) =>
      this.createAccess(target as FaultTarget & { readonly image: I }),
    );
    this.inspector = new ImageInspector({
      memory: this.memory,
      spaces: this.spaces,
      images: this.images,
      moment: this.#moment,
      space: (label) => {
        const space = this.#handles.get(label);
        return space?.isLive ? space : undefined;
      },
      slots: () => this.slots(),
      handles: () => this.#handles.values(),
      footprint: (space) => this.footprint(space),
      own: (space) => this.own(space),
    });
  }

  abstract create(): Result<PagedSpace<I>, NoSpace | NotSupported>;
  abstract fork(parent: PagedSpace<I>, share: ShareIntent): Result<ForkTicket<PagedSpace<I>>, ForkError>;

  replaceImage<E>(
    space: PagedSpace<I>,
    build: (fresh: SpaceAccess, old: SpaceAccess) => Result<void, E>,
  ): Result<void, ExecFailed<E> | NoSpace> {
    const old = this.own(space).image;
    const image = this.imageForExec(this.own(space));
    if (!image) return err({ kind: 'no-space' });
    const target = { image, label: space.label };
    let built: Result<void, E> | undefined;
    space.borrows++;
    try {
      built = build(this.createAccess(target), space.access);
    } finally {
      space.borrows--;
      if (!built?.ok) this.dropImage(image);
    }
    if (!built.ok) return err({ kind: 'exec-failed', error: built.error });
    space.image = image;
    image.usedAt = this.#moment.now;
    for (const [mmu, active] of this.#active) if (active === space) mmu.activate(image.root);
    this.dropImage(old);
    return ok();
  }

  destroy(space: PagedSpace<I>): Result<void, Busy<PagedSpace<I>>> {
    const { image } = this.own(space);
    if (space.borrows > 0 || [...this.#active.values()].includes(space)) return err({ kind: 'busy', space });
    space.consume();
    this.spaces.delete(space);
    this.noteSpaces();
    this.noteConsumed(space);
    this.dropImage(image);
    return ok();
  }

  with<R>(space: PagedSpace<I>, use: (access: SpaceAccess) => R): R {
    this.own(space).borrows++;
    space.image.usedAt = this.#moment.now;
    try {
      return use(space.access);
    } finally {
      space.borrows--;
    }
  }

  activate(mmu: Mmu, space: PagedSpace<I>): void {
    const { image } = this.own(space);
    image.usedAt = this.#moment.now;
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

  range(space: PagedSpace<I>): AddressRange {
    return this.own(space).image.memory.range;
  }

  memoryIdentity(space: PagedSpace<I>, va: VirtAddr): MemoryIdentity {
    const { image } = this.own(space);
    const mapping = image.mappings.find(va);
    if (mapping?.sharing === 'shared' && mapping.object)
      return `object ${mapping.object.identity} + ${mapping.offset + (va - mapping.start)}` as MemoryIdentity;
    return `image ${image.identity} + ${va}` as MemoryIdentity;
  }

  classifyFault(space: PagedSpace<I>, va: VirtAddr, access: Access): FaultClass {
    const { image } = this.own(space);
    const mapping = mappingFor(image, va);
    const frame = image.frameAt(va);
    return {
      cause: causeOfFault(image, mapping, va, access),
      mapping,
      frame: frame === NO_FRAME ? undefined : frame,
      refcount: frame === NO_FRAME ? 0 : this.inspector.references(frame, va),
    };
  }

  resolveFault(space: PagedSpace<I>, va: VirtAddr, access: Access): FaultOutcome {
    this.faults.handle(this.own(space), va, access, this.#outcome);
    return this.#outcome;
  }

  checker(mmu: Mmu): InvariantChecker {
    return new InvariantChecker(this, mmu);
  }

  get faultCounts(): FaultCounts {
    return this.faults.counts;
  }

  label(space: PagedSpace<I>): number {
    return this.own(space).label;
  }

  /** The handle, after making sure that it is live and of this provider. */
  protected own(space: AddressSpace): PagedSpace<I> {
    if (!(space instanceof PagedSpace) || space.provider !== this) throw new HandleConsumed(undefined);
    space.assertLive();
    return space as PagedSpace<I>;
  }

  /** What the shim reaches the target's memory through. */
  protected createAccess(target: FaultTarget & { readonly image: I }): ImageAccess {
    return new ImageAccess(target, this.faults, this);
  }

  /** An empty image for the program that a space executes, beside the one it has; `undefined` when there is no room. */
  protected abstract imageForExec(space: PagedSpace<I>): I | undefined;

  /** To be called with every new image. */
  protected keepImage(image: I): I {
    this.images.add(image);
    this.noteSpaces();
    return image;
  }

  protected forgetImage(image: I): void {
    this.images.delete(image);
    this.noteSpaces();
  }

  /** For whoever checks: spaces, images, windows or slots are others now. */
  protected noteSpaces(): void {
    this.memory.frames.journal?.others.add(this);
  }

  protected nextIdentity(): number {
    return ++this.#lastIdentity;
  }

  /** Forgets one space's hold on an image. */
  protected dropImage(image: I): void {
    if (--image.sharers > 0) return;
    image.release();
    this.forgetImage(image);
  }

  /** A new handle for an image. */
  protected createSpace(image: I, parent: number | undefined): PagedSpace<I> {
    // A fork works on the parent's table as well.
    const from = parent === undefined ? undefined : this.#handles.get(parent);
    if (from?.isLive) from.image.usedAt = this.#moment.now;
    const space = new PagedSpace(this, ++this.#lastLabel, parent, image, this.#dispose, this.#trace);
    image.usedAt = this.#moment.now;
    space.access = this.createAccess(space);
    this.spaces.add(space);
    this.#handles.set(space.label, space);
    this.noteSpaces();
    return space;
  }

  /** The parts of the address space that are in use, where it is cut into parts, and who is to move into them. */
  protected slots(): SlotMap {
    return { count: 0, used: [] };
  }

  protected footprint(space: PagedSpace): readonly VirtAddr[] {
    return this.guestHandler?.footprint(space.label) ?? [];
  }

  private noteConsumed({ label }: PagedSpace<I>): void {
    this.#consumed.push(label);
    if (this.#consumed.length > CONSUMED_HANDLES) this.#handles.delete(this.#consumed.shift()!);
  }
}
