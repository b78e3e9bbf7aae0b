import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import type { Access } from '../memory/mmu.ts';
import type { FaultCause } from './fault.ts';
import type { Permissions } from './mapping.ts';

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
  | {
      /** A shared page got (or became) a frame of its own. */
      readonly kind: 'cow-break';
      readonly space: number;
      readonly va: VirtAddr;
      readonly before: FrameNumber;
      readonly after: FrameNumber;
      /** `copied`: a new frame; `taken-over`: the last sharer keeps the frame. */
      readonly how: 'copied' | 'taken-over';
    }
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
