import type { HartState } from '../cpu/hart-state.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';
import type { UserMemory } from './user-memory.ts';
import type { Suspension } from './wait-queue.ts';

/** The registers are as they must be: pc is not advanced and a0 is not set (execve, rt_sigreturn, exit). */
export const NO_RETURN = 'no-return';

/** What a handler makes of a syscall: its result, a wait, or neither. Errors are thrown (`SyscallError`). */
export type Outcome = number | Suspension | typeof NO_RETURN;

export type SyscallHandler = (call: Syscall) => Outcome;

/** a0 and a7 in the RISC-V calling convention. */
export const A0 = 10;
export const A7 = 17;

/** The syscall that the current thread makes, as its handler sees it. One object, used again for each. */
export class Syscall {
  readonly #hart: HartState;

  constructor(readonly kernel: Kernel) {
    this.#hart = kernel.hart;
  }

  get thread(): Thread {
    return this.kernel.current!;
  }

  get process(): ThreadGroup {
    return this.thread.process;
  }

  get memory(): UserMemory {
    return this.process.memory;
  }

  /** How it was suspended the last time it was executed; absent the first time. */
  get resumed(): Suspension | undefined {
    return this.thread.suspension;
  }

  /** Argument `index` as an unsigned number: an address or a size. Inexact above 2^53, where none is valid. */
  word(index: number): number {
    return this.#hart.xNumber(A0 + index);
  }

  /** As an int. */
  int(index: number): number {
    return this.#hart.xLow(A0 + index);
  }

  /** As an unsigned int. */
  uint(index: number): number {
    return this.#hart.xLow(A0 + index) >>> 0;
  }

  /** As a long: an offset. Inexact beyond 2^53. */
  long(index: number): number {
    return this.#hart.xHigh(A0 + index) * 0x1_0000_0000 + this.uint(index);
  }

  /** All 64 bits. */
  bits(index: number): bigint {
    return this.#hart.x(A0 + index);
  }
}
