import { NO_FRAME, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { FaultCounts } from './fault.ts';
import type { GuestHandler } from './guest-handler.ts';
import type { Image } from './image.ts';
import { NestedCowFault } from './nested-cow-fault.ts';
import { causeOfFault, mappingFor, resolve, type FaultRecord } from './page-faults.ts';
import type { SpaceAccess } from './space-access.ts';
import type { SpaceEvent } from './space-event.ts';

/** What faults happen to: a space, or an image that is being built for one. */
export interface FaultTarget {
  readonly image: Image;
  readonly label: number;
}

/** Where events go; costs nothing while there is no listener. */
export interface EventOutlet {
  listener: ((event: SpaceEvent) => void) | undefined;
}

/** Resolves faults, tells about them, and watches over a handler that runs on guest pages. */
export class FaultHandler {
  /** Faults so far. */
  readonly counts = new FaultCounts();
  readonly #events: EventOutlet;
  readonly #guest: GuestHandler | undefined;
  readonly #accessTo: (target: FaultTarget) => SpaceAccess;
  /** The copy-on-write fault that the guest handler is working on. */
  #handling: VirtAddr | undefined;

  /** @param accessTo what the guest handler reaches guest memory through. */
  constructor(events: EventOutlet, guest: GuestHandler | undefined, accessTo: (target: FaultTarget) => SpaceAccess) {
    this.#events = events;
    this.#guest = guest;
    this.#accessTo = accessTo;
  }

  /** Throws `NestedCowFault`, and changes nothing, when the guest handler hits a copy-on-write page itself. */
  handle(target: FaultTarget, va: VirtAddr, access: Access, record: FaultRecord): void {
    if (this.#guest && access === Access.Write) this.runGuestHandler(this.#guest, target, va);
    resolve(target.image, va, access, record);
    this.counts.add(record.cause);
    if (this.#events.listener) this.report(this.#events.listener, target, record);
  }

  private runGuestHandler(guest: GuestHandler, target: FaultTarget, va: VirtAddr): void {
    const { image } = target;
    if (causeOfFault(image, mappingFor(image, va), va, Access.Write) !== 'cow') return;
    if (this.#handling !== undefined) throw new NestedCowFault(this.#handling, va);
    this.#handling = va;
    try {
      guest.run(this.#accessTo(target), va);
    } finally {
      this.#handling = undefined;
    }
  }

  private report(listener: (event: SpaceEvent) => void, target: FaultTarget, record: FaultRecord): void {
    const { cause, va, access, before, after, broken } = record;
    const space = target.label;
    listener({ kind: 'fault', space, cause, va, access, before, after });
    if (broken === NO_FRAME) return;
    listener({ kind: 'cow-break', space, va, before: broken, after, how: target.image.howKept(broken, after) });
  }
}
