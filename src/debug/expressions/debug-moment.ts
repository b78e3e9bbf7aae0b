import type { Machine } from '../../machine/machine.ts';
import type { StopEvent } from '../cpp-exceptions.ts';
import type { Moment } from '../../expressions/names.ts';
import type { VirtAddr } from '../../memory/address.ts';
import type { Access } from '../../memory/mmu.ts';
import type { InvariantViolation } from '../../platform/invariants.ts';
import type { StackFrame } from '../../program/call-stack.ts';

/** The part of a call stack's frame that expressions are evaluated in. */
export type EvaluationFrame = Pick<StackFrame, 'task' | 'frame' | 'calls' | 'activation' | 'image'>;

/** What happened besides: what `$va`, `$cause` and their like are about. */
export interface Circumstances {
  /** The event that the machine stands at, or that a filter is asked about. */
  readonly event?: StopEvent | undefined;
  /** The invariant that is broken: maybe in another address space than that of the process which is stopped. */
  readonly violation?: InvariantViolation | undefined;
  /** The address and the kind of an access that is watched for. */
  readonly va?: VirtAddr | undefined;
  readonly access?: Access | undefined;
  /** How often the breakpoint has been reached that a condition belongs to. */
  readonly hits?: number | undefined;
}

/** When and where the debugger evaluates an expression. */
export interface DebugMoment extends Moment {
  readonly machine: Machine;
  readonly at: EvaluationFrame;
  readonly circumstances: Circumstances;
  /** The frame itself if it is that of a person's function, else the first one further out that is. */
  readonly person: () => StackFrame | undefined;
}
