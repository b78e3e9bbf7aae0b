import type { AddressRange, VirtAddr } from '../memory/address.ts';
import type { Access, Mmu } from '../memory/mmu.ts';
import type { Result } from '../result.ts';
import type { AddressSpace } from './address-space.ts';
import type { FaultClass, FaultCounts, FaultOutcome } from './fault.ts';
import type { Gate } from './gate.ts';
import type { InvariantChecker } from './invariant-checker.ts';
import type { Inspector } from './inspector.ts';
import type { SpaceAccess } from './space-access.ts';
import type { SpaceEvent } from './space-event.ts';

/** The platform cannot do this, by design: the guest sees ENOSYS. */
export interface NotSupported {
  readonly kind: 'not-supported';
  readonly platform: string;
}

/** Guest RAM, slots or table space are used up: the guest sees ENOMEM. Nothing has changed. */
export interface NoSpace {
  readonly kind: 'no-space';
}

export type ForkError = NoSpace | NotSupported;

/** The space is active on a hart, or borrowed by `with`: the handle was not consumed. */
export interface Busy<S> {
  readonly kind: 'busy';
  readonly space: S;
}

/** What the two sides of a fork share. */
export type ShareIntent =
  /** Each side sees the memory as it was, and its own stores only. */
  | 'copy-memory'
  /** Both sides see every store: nothing is ever copied or restored. */
  | 'share-memory';

export interface ForkTicket<S> {
  readonly child: S;
  /** The parent must not run before this opens. */
  readonly parentGate: Gate;
}

/**
 * What a word of memory is, whatever the space it is seen through: equal for two (space, address) pairs exactly when a
 * store through one is seen through the other. A key for futexes; its text means nothing else.
 */
export type MemoryIdentity = string & { readonly __brand: 'MemoryIdentity' };

/** A new image could not be built: the old one is as it was. The error is the builder's. */
export interface ExecFailed<E> {
  readonly kind: 'exec-failed';
  readonly error: E;
}

/**
 * A platform: it owns address spaces, their page tables, and copy-on-write. The shim above sees handles, ranges and
 * gates; whether spaces are independent or share, copy early or late, is nowhere in this interface.
 */
export interface AddressSpaceProvider<S extends AddressSpace = AddressSpace> {
  /** As `--platform` and launch.json call it. */
  readonly name: string;
  readonly inspector: Inspector;
  /** Faults that were handled or refused so far, those of the shim's own accesses included. */
  readonly faultCounts: FaultCounts;
  /** Receives every event when set; costs nothing when not. */
  listener: ((event: SpaceEvent) => void) | undefined;

  create(): Result<S, NoSpace | NotSupported>;
  /** A failed fork leaves everything as it was. */
  fork(parent: S, share: ShareIntent): Result<ForkTicket<S>, ForkError>;
  /**
   * Gives the space a new, empty image and lets `build` fill it; the old image is released afterwards, or kept
   * untouched if `build` fails. `build` reads the old image through `old` (an argument vector, say).
   */
  replaceImage<E>(
    space: S,
    build: (fresh: SpaceAccess, old: SpaceAccess) => Result<void, E>,
  ): Result<void, ExecFailed<E> | NoSpace>;
  /** Consumes the handle, or hands it back when it is in use. */
  destroy(space: S): Result<void, Busy<S>>;
  /** Lets `use` work on the space; the prior borrow is restored afterwards, also when `use` throws. */
  with<R>(space: S, use: (access: SpaceAccess) => R): R;
  /** Makes the space the one that the hart's accesses go to. */
  activate(mmu: Mmu, space: S): void;
  /** Forgets which space the hart uses: to be called before the active space can be destroyed. */
  deactivate(mmu: Mmu): void;
  /** The virtual range that this space may map. */
  range(space: S): AddressRange;
  memoryIdentity(space: S, va: VirtAddr): MemoryIdentity;
  /** What a fault would be; changes nothing. */
  classifyFault(space: S, va: VirtAddr, access: Access): FaultClass;
  /** Handles a fault of the hart. The returned record is reused by the next call. */
  resolveFault(space: S, va: VirtAddr, access: Access): FaultOutcome;
  /** What checks the invariants after each transition, from now on; there is one at a time. */
  checker(mmu: Mmu): InvariantChecker;
  /** The inspector's number of the space: for people and events, never a key. */
  label(space: S): number;
}
