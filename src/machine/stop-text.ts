import { invariantName } from '../platform/invariants.ts';
import type { Stop } from './stop.ts';

/** Why a run that should have gone on to the end of its first process did not, in one line. */
export function stopText(stop: Exclude<Stop, { kind: 'budget' | 'exited' }>): string {
  switch (stop.kind) {
    case 'deadlock':
      return `Deadlock: nothing can go on. ${waitsText(stop.waits)}`;
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

const WAITS_NAMED = 4;

function waitsText(waits: Extract<Stop, { kind: 'deadlock' }>['waits']): string {
  const named = waits.slice(0, WAITS_NAMED).map(({ task, reason }) => `task ${task.tid} ${reason}`);
  const more = waits.length - named.length;
  return more > 0 ? `${named.join('; ')}; and ${more} more` : named.join('; ');
}
