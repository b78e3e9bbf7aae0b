import type { VirtAddr } from '../memory/address.ts';
import type { ExitStatus } from './process.ts';

/** What the shim tells about processes. The task it happened to is the current one unless said otherwise. */
export type KernelEvent =
  | {
      /** fork, vfork or clone made a process; the current task is the parent's. */
      readonly kind: 'fork' | 'vfork';
      readonly child: number;
      readonly share: 'copy-memory' | 'share-memory';
    }
  | { readonly kind: 'thread'; readonly tid: number }
  | { readonly kind: 'exec'; readonly path: string; readonly argv: readonly string[] }
  | { readonly kind: 'exit'; readonly status: ExitStatus }
  | { readonly kind: 'thread-exit'; readonly tid: number }
  | {
      /** A signal is delivered to the current task. */
      readonly kind: 'signal';
      readonly signal: number;
      readonly name: string;
      readonly action: 'handler' | 'terminate' | 'ignore' | 'stop' | 'continue';
      /** si_addr of a fault. */
      readonly address: bigint | undefined;
    }
  | {
      readonly kind: 'syscall';
      readonly number: number;
      readonly name: string;
      readonly args: readonly bigint[];
      /** Absent while the task is blocked in it. */
      readonly result: bigint;
    }
  /** The platform cannot do this, by design; the guest got ENOSYS, or ENOEXEC for a program. */
  | { readonly kind: 'not-supported'; readonly operation: 'fork' | 'exec'; readonly why: string }
  /** Reported once a number; the guest got ENOSYS. */
  | { readonly kind: 'unknown-syscall'; readonly number: number; readonly pc: VirtAddr };
