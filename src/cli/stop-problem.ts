import type { Stop } from '../machine/stop.ts';
import { CliError, ExitCode } from './exit-code.ts';

/** Why a run that should have gone on did not, in one line. @param onBudget what to say when the budget is used up. */
export function stopProblem(stop: Stop, onBudget: string): CliError {
  switch (stop.kind) {
    case 'budget':
      return new CliError(ExitCode.Unavailable, onBudget);
    case 'deadlock':
      return new CliError(ExitCode.Unavailable, `deadlock, nothing can ever run: ${waitsText(stop.waits)}`);
    case 'invariant':
      return new CliError(
        ExitCode.Software,
        `invariant ${stop.violation.invariant} is broken in pid ${stop.task.process.pid}: ${stop.violation.message}`,
      );
    case 'platform-failure':
      return new CliError(ExitCode.Software, stop.error.message);
    case 'input':
      return new CliError(ExitCode.Unavailable, 'the guest waits for input that never comes');
    case 'exited':
    case 'step':
    case 'breakpoint':
    case 'event':
      return new CliError(ExitCode.Software, `unexpected stop: ${stop.kind}`);
  }
}

const WAITS_NAMED = 4;

function waitsText(waits: Extract<Stop, { kind: 'deadlock' }>['waits']): string {
  const named = waits.slice(0, WAITS_NAMED).map(({ task, reason }) => `task ${task.tid} ${reason}`);
  const more = waits.length - named.length;
  return more > 0 ? `${named.join('; ')}; and ${more} more` : named.join('; ');
}
