import type { StackFrame } from '../../program/call-stack.ts';
import type { Result } from '../../result.ts';
import type { Debuggee } from '../debuggee.ts';
import type { Evaluated } from '../expressions/shown-value.ts';
import type { SessionState } from '../requests/request-table.ts';

/** Where a command is typed: the session, its run that stands still, and the selected frame. */
export interface ConsoleScope {
  readonly state: SessionState;
  readonly debuggee: Debuggee;
  readonly at: StackFrame;
}

/** What a command prints. */
export interface ConsoleOutput extends Evaluated {
  /** What is to happen once it is printed: the program goes on, say. */
  readonly then?: () => void;
}

/** The error is a sentence for the user. */
export type Answer = Result<ConsoleOutput, string>;

export interface ConsoleCommand {
  readonly name: string;
  /** Other names, as gdb has them. */
  readonly aliases: readonly string[];
  readonly about: string;
  readonly usage: string;
  /** It needs nothing behind its name. */
  readonly isWhole?: boolean;
  /** It changes what runs: only its whole names mean it, not the beginnings of them. */
  readonly isExact?: boolean;
  run(scope: ConsoleScope, rest: string, format: string): Answer;
}
