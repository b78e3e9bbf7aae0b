import { toHex, type VirtAddr } from '../memory/address.ts';
import type { SpaceAccess } from './space-access.ts';

/**
 * A page-fault handler that itself runs on guest pages: its stack, thread-local storage, trampoline. Pagewalk's own
 * handlers run outside guest memory, so that the default is none; one is given to study platforms whose handlers do not.
 */
export interface GuestHandler {
  /** Addresses of the pages that the handler needs for itself. They are copied at fork, so that it can never fault on them. */
  footprint(space: number): readonly VirtAddr[];
  /** What the handler does to guest memory while it handles a copy-on-write fault. */
  run(access: SpaceAccess, fault: VirtAddr): void;
}

/** The handler of a copy-on-write fault hit a copy-on-write page itself: on real hardware the fault would never be resolved. */
export class NestedCowFault extends Error {
  constructor(
    /** The fault that was being handled. */
    readonly outer: VirtAddr,
    /** The address that the handler touched. */
    readonly inner: VirtAddr,
  ) {
    super(`nested copy-on-write fault: the handler of the fault at ${toHex(outer)} itself wrote ${toHex(inner)}`);
    this.name = 'NestedCowFault';
  }
}
