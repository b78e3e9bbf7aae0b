import type { VirtAddr } from '../../memory/address.ts';
import type { AccessGroup } from './access-groups.ts';
import type { RegionExit } from './emitter.ts';
import type { CodePage } from './region.ts';

/** A place where a translation may be entered. */
export interface Entry {
  readonly va: VirtAddr;
  /** `va` through the page of the translation that it is in. */
  readonly physical: number;
  readonly translation: Translation;
  /** What links and the jump cache hold: table slot and number of the entry. */
  readonly target: number;
  /** Instructions that must be left for the entry to do anything. */
  readonly slack: number;
}

/** A region that was translated: a function in the table. */
export interface Translation {
  readonly slot: number;
  readonly pages: readonly CodePage[];
  readonly entries: readonly Entry[];
  readonly exits: readonly RegionExit[];
  readonly groupExits: ReadonlyMap<number, AccessGroup>;
  /** Addresses of links of other translations that may lead here. */
  readonly incoming: Set<number>;
  /** The addresses that were asked for, now or when what it replaces was made; the first is the one it was made for. */
  readonly heads: readonly VirtAddr[];
  /** Addresses of its blocks, without those of inlined calls. */
  readonly starts: ReadonlySet<VirtAddr>;
  /** Guest instructions. */
  readonly size: number;
  /** How many translations were made of it before, each with less in it. */
  readonly growth: number;
  /** Instructions that the hart had retired when it was made. */
  readonly madeAt: number;
  /** How often it was found not to apply where it was to be entered. */
  unsuitable: number;
  /** How often groups of accesses straddled pages, by the address of the first one. */
  readonly straddles: Map<number, number>;
}
