import type { ExitStatus, Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import type { PlatformFailure } from '../platform/platform-failure.ts';
import type { MachineEvent } from './machine-event.ts';
import type { WatchHit } from './watchpoint.ts';

/** Why `Machine.run` returned. */
export type Stop =
  /** The budget of instructions is used up, or the task or process has ended that was to run. */
  | { readonly kind: 'budget' }
  /** The focused task has retired the steps asked for. */
  | { readonly kind: 'step'; readonly task: Task }
  /** A task is about to execute an instruction with a breakpoint. */
  | { readonly kind: 'breakpoint'; readonly task: Task; readonly address: VirtAddr }
  /**
   * `stopOn` chose an event. A fault of the hart and an exit are offered before they are carried out: the page is as
   * the access found it, the process is still there; running on carries them out.
   */
  | { readonly kind: 'event'; readonly task: Task; readonly event: MachineEvent }
  /** Something that is watched was accessed or has changed: the instruction or the kernel's work is complete. */
  | { readonly kind: 'watch'; readonly task: Task; readonly hits: readonly [WatchHit, ...WatchHit[]] }
  /** A task is about to make a system call that `Machine.setSyscallBreakpoints` names. */
  | { readonly kind: 'syscall'; readonly task: Task; readonly number: number }
  /** The focused task, which alone may run, waits for something that only others can do, or has ended. */
  | { readonly kind: 'blocked'; readonly task: Task; readonly reason: string }
  /**
   * The last process has ended (`Machine.stopsAtEnd`), and nothing of it has been torn down: running on does that. `task` made the
   * system call, or got the signal.
   */
  | { readonly kind: 'ending'; readonly task: Task; readonly status: ExitStatus }
  /** Every process has ended, or the first one has and the others sleep for ever; the status is that of the first one. */
  | { readonly kind: 'exited'; readonly code: number; readonly signal: number | undefined }
  /** Only console input can wake a task. */
  | { readonly kind: 'input' }
  /** All tasks wait for each other: nothing can ever happen. */
  | { readonly kind: 'deadlock'; readonly waits: readonly { readonly task: Task; readonly reason: string }[] }
  /** `MachineOptions.check` found a broken invariant, and `others` at the same time; running on checks again. */
  | {
      readonly kind: 'invariant';
      readonly task: Task;
      readonly violation: InvariantViolation;
      readonly others: readonly InvariantViolation[];
    }
  /** The platform has a hole, or handled a fault in a way that would have corrupted the guest: the machine cannot go on. */
  | { readonly kind: 'platform-failure'; readonly task: Task; readonly error: PlatformFailure };

/** Stops that a condition may let pass without the machine returning. */
export type PassableStop = Extract<Stop, { kind: 'breakpoint' | 'watch' }>;

export interface RunOptions {
  /** Instructions to retire at most, over all tasks. */
  readonly budget: number;
  /** Run only this task while it can run; others run only while it is blocked, or not at all. */
  readonly focus?: Task;
  /** Run only tasks of this process while one of them can run. */
  readonly process?: Process;
  /** What others do while `focus` is blocked: `wait` stops instead. */
  readonly others?: 'run' | 'wait';
  /** Stop when the focused task has retired this many instructions. */
  readonly steps?: number;
}
