import type { VirtAddr } from '../memory/address.ts';
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
