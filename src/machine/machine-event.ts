import type { VirtAddr } from '../memory/address.ts';
import type { KernelEvent } from '../linux/kernel-event.ts';
import type { SpaceEvent } from '../platform/space-event.ts';

/** What the kernel was about when it accessed memory itself. */
export interface KernelWork {
  /** `start`: a task that clone(2) has made is about to run; `exit`: a process is torn down. */
  readonly work: 'syscall' | 'signal' | 'start' | 'exit';
  /** Of the system call or signal: `read`, `SIGUSR1`. */
  readonly name: string;
}

/** Where and when an event happened. */
export interface EventContext {
  /** Instruction count of the machine. */
  readonly n: number;
  readonly pid: number;
  readonly tid: number;
  readonly pc: VirtAddr;
  /** Of an access to memory: the kernel made it, and has handled its fault already; absent for the instruction at `pc`. */
  readonly by?: KernelWork;
}

/** What the machine itself tells. */
export type MachineOwnEvent =
  /** Guest RAM is used up: the current process is killed, as Linux's OOM killer would. */
  { readonly kind: 'out-of-memory'; readonly va: VirtAddr };

/** Everything that happens in a machine, in order. */
export type MachineEvent = EventContext & (KernelEvent | SpaceEvent | MachineOwnEvent);

/** What is wrong with a run, or cannot be done. */
export type MachineAlarm = Extract<MachineEvent, { kind: 'out-of-memory' | 'unknown-syscall' }>;
