import type { VirtAddr } from '../memory/address.ts';
import type { MemoryObject } from './memory-object.ts';

/** What a mapping allows, as PTE bits R, W, X (`Pte.R | Pte.W | …`); 0 is PROT_NONE. */
export type Permissions = number;

/** A virtual memory area: pages of one object, or of zeroes, with the same permissions. Immutable. */
export interface Mapping {
  readonly start: VirtAddr;
  readonly end: VirtAddr;
  readonly permissions: Permissions;
  /** What `permissions` may become: no stores, where the file of a shared mapping is open for reading only. */
  readonly maximum: Permissions;
  /** `shared`: stores reach the object and every other mapping of it; `private`: they are the space's own. */
  readonly sharing: 'private' | 'shared';
  /** `down`: grows towards lower addresses when it is touched below its start (a stack). */
  readonly growth: 'fixed' | 'down';
  /** Where the pages come from; `undefined` means private zeroes. */
  readonly object: MemoryObject | undefined;
  /** Byte offset of `start` in `object`; a multiple of the page size. */
  readonly offset: number;
  /** What /proc/PID/maps calls it: a path, `[heap]`, `[stack]`, or empty. */
  readonly name: string;
}
