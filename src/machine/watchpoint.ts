import type { FrameNumber, VirtAddr } from '../memory/address.ts';
import type { Watched } from '../memory/watched-memory.ts';

/** Bytes of memory that are watched: at their addresses, and, in shared memory, wherever else they are mapped. */
export interface MemoryWatch {
  readonly kind: 'memory';
  /** Whose mapping says whether the memory is shared. */
  readonly pid: number;
  readonly start: VirtAddr;
  readonly end: VirtAddr;
  /** `change`: a store, or the kernel, that leaves other bytes; `access`: any load or store. */
  readonly on: 'load' | 'store' | 'access' | 'change';
  /** Accesses by other processes do not count. */
  readonly only?: number;
}

/** One entry of the page table of a process. */
export interface EntryWatch {
  readonly kind: 'entry';
  readonly pid: number;
  readonly va: VirtAddr;
  /** 0 for the entry of the page itself. */
  readonly level: number;
}

/** The frame that a process has at an address when the watch begins: how many refer to it. */
export interface RefcountWatch {
  readonly kind: 'refcount';
  readonly pid: number;
  readonly va: VirtAddr;
  /** `one`: only when it drops to 1. */
  readonly on: 'change' | 'one';
}

export type Watch = MemoryWatch | EntryWatch | RefcountWatch;

/** Who did it. */
export type Agent =
  /** The instruction at `pc` itself. */
  | { readonly kind: 'instruction' }
  /** The kernel, in what the task at `pc` made it do: `read`, `page fault`. */
  | { readonly kind: 'kernel'; readonly work: 'syscall' | 'fault' | 'signal' | 'other'; readonly name: string };

/** Where it happened. */
interface HitContext {
  readonly pid: number;
  readonly tid: number;
  /** Of the instruction that accessed memory, faulted or called the kernel. */
  readonly pc: VirtAddr;
  readonly by: Agent;
}

/** What has happened to something that is watched. */
export type WatchHit = HitContext &
  (
    | {
        readonly kind: 'memory';
        readonly watch: MemoryWatch;
        readonly access: Watched;
        /** Of the access, clipped to what is watched. */
        readonly va: VirtAddr;
        readonly size: number;
        /** The bytes there, or all that are watched where these are few: `at` is the address of the first. */
        readonly at: VirtAddr;
        readonly before: Uint8Array;
        readonly after: Uint8Array;
      }
    | {
        readonly kind: 'entry';
        readonly watch: EntryWatch;
        readonly before: number;
        /** `undefined`: the process has ended. */
        readonly after: number | undefined;
      }
    | {
        readonly kind: 'refcount';
        readonly watch: RefcountWatch;
        readonly frame: FrameNumber;
        readonly before: number;
        readonly after: number;
      }
  );
