import type { AddressSpace } from '../platform/address-space.ts';
import type { Process } from './process.ts';

/** Why a task does not run, in words for a person: `waits for child 2`, `reads an empty pipe`. */
export interface Wait {
  readonly reason: string;
  /** Virtual nanoseconds (monotonic) at which it wakes by itself. */
  readonly deadline: number | undefined;
  /** Set for a read of the console: only the outside can wake it. */
  readonly forInput: boolean;
  /** Where in its memory it waits: a futex. */
  readonly at?: number;
}

export type TaskState = 'runnable' | 'blocked' | 'dead';

/** A schedulable thread of a process (Linux's task). The leader's tid is the process's pid. */
export interface Task<S extends AddressSpace = AddressSpace> {
  readonly tid: number;
  /** How many tasks were made before it: turns go round in this order. */
  readonly order: number;
  readonly process: Process<S>;
  state: TaskState;
  /** Set while blocked. */
  wait: Wait | undefined;
  /** Its registers while another task is on the hart (`HartState.save`). */
  readonly context: Uint8Array;
  /** Name as prctl(PR_SET_NAME) or exec set it (at most 15 bytes). */
  comm: string;
  /** sigaltstack(2); `size` 0 means none. */
  readonly alternateStack: { readonly start: number; readonly size: number };
}
