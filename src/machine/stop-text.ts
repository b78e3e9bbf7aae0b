import { invariantName } from '../platform/invariants.ts';
import type { Stop } from './stop.ts';

/** Why a run that should have gone on to the end of its first process did not, in one line. */
export function stopText(stop: Exclude<Stop, { kind: 'budget' | 'exited' }>): string {
  switch (stop.kind) {
    case 'deadlock':
      return deadlockSentence(stop.waits, ({ task, reason }) => `task ${task.tid} ${reason}`);
    case 'invariant':
      return `${invariantName(stop.violation)} is broken in pid ${stop.task.process.pid}: ${stop.violation.message}`;
    case 'platform-failure':
      return stop.error.message;
    case 'input':
      return 'the guest waits for input that never comes';
    case 'step':
    case 'breakpoint':
    case 'event':
    case 'watch':
    case 'syscall':
    case 'blocked':
    case 'ending':
      return `unexpected stop: ${stop.kind}`;
  }
}

type Waits = Extract<Stop, { kind: 'deadlock' }>['waits'];

const WAITS_NAMED = 4;

/** Who waits for what in a deadlock. @param describe says it of one */
export function deadlockSentence(waits: Waits, describe: (wait: Waits[number]) => string): string {
  const named = waits.slice(0, WAITS_NAMED).map(describe);
  const more = waits.length - named.length;
  return `Deadlock: nothing can go on. ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
