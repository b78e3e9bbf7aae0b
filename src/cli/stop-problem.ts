import { violationText } from '../inspect/violation.ts';
import type { Machine } from '../machine/machine.ts';
import { stopText } from '../machine/stop-text.ts';
import type { Stop } from '../machine/stop.ts';
import { CliError, ExitCode } from './exit-code.ts';

/** Why a run that should have gone on did not, in one line. @param onBudget what to say when the budget is used up. */
export function stopProblem(machine: Machine, stop: Stop, onBudget: string): CliError {
  switch (stop.kind) {
    case 'budget':
      return new CliError(ExitCode.Unavailable, onBudget);
    case 'deadlock':
    case 'input':
      return new CliError(ExitCode.Unavailable, stopText(stop));
    case 'exited':
      return new CliError(ExitCode.Software, `unexpected stop: ${stop.kind}`);
    case 'invariant':
      return new CliError(ExitCode.Software, violationText(machine, stop));
    case 'platform-failure':
    case 'step':
    case 'breakpoint':
    case 'event':
    case 'watch':
    case 'syscall':
    case 'blocked':
    case 'ending':
      return new CliError(ExitCode.Software, stopText(stop));
  }
}
