import type { AddressSpace } from '../platform/address-space.ts';
import type { Task } from './task.ts';

/** How a process ended. */
export type ExitStatus =
  { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'signaled'; readonly signal: number };

export type ProcessState = 'running' | 'zombie' | 'reaped';

/** A thread group. Fields that only the shim needs live in the modules that use them. */
export interface Process<S extends AddressSpace = AddressSpace> {
  readonly pid: number;
  /** pid of the parent now; 0 for the first process. */
  parentPid: number;
  /** pid of the process that forked it, which reparenting does not change. */
  readonly forkedFrom: number | undefined;
  readonly tasks: Task<S>[];
  /** Gone once the process has ended. */
  space: S | undefined;
  /** Absolute guest path of the running image. */
  executable: string;
  argv: readonly string[];
  state: ProcessState;
  exitStatus: ExitStatus | undefined;
}
