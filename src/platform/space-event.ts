import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import type { Access } from '../memory/mmu.ts';
import type { FaultCause } from './fault.ts';
import type { Permissions } from './mapping.ts';

/** A page that is copied on write was written. */
export interface CowBreak {
  readonly kind: 'cow-break';
  readonly space: number;
  readonly va: VirtAddr;
  readonly before: FrameNumber;
  readonly after: FrameNumber;
  /**
   * `copied`: a new frame; `taken-over`: the last sharer keeps the frame; `saved`: the old bytes were put aside, and the
   * frame is written in place.
   */
  readonly how: 'copied' | 'taken-over' | 'saved';
}

/** What a provider tells about a space. `space` is the inspector's number of the space it happened to. */
export type SpaceEvent =
  | {
      readonly kind: 'fault';
      readonly space: number;
      readonly cause: FaultCause;
      readonly va: VirtAddr;
      readonly access: Access;
      readonly before: FrameNumber;
      readonly after: FrameNumber;
    }
  | CowBreak
  | {
      readonly kind: 'map';
      readonly space: number;
      readonly start: VirtAddr;
      readonly end: VirtAddr;
      readonly permissions: Permissions;
      readonly name: string;
    }
  | { readonly kind: 'unmap'; readonly space: number; readonly start: VirtAddr; readonly end: VirtAddr }
  | {
      readonly kind: 'protect';
      readonly space: number;
      readonly start: VirtAddr;
      readonly end: VirtAddr;
      readonly permissions: Permissions;
    }
  | { readonly kind: 'switch'; readonly from: number | undefined; readonly to: number };
