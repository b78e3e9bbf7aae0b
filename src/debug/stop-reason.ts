import { baseName } from '../inspect/process-view.ts';
import type { Machine } from '../machine/machine.ts';
import { stopText } from '../machine/stop-text.ts';
import { UnimplementedError } from '../platform/address-space.ts';
import { invariantName, type InvariantViolation } from '../platform/invariants.ts';
import { eventText } from '../program/event-text.ts';
import { lastStateText } from './last-state.ts';
import { exceptionText, isException } from './cpp-exceptions.ts';
import type { Halt } from './run-control.ts';

/** What is broken, in one line. */
export function violationText(violation: InvariantViolation): string {
  return `I${invariantName(violation).slice(1)} is broken: ${violation.message}`;
}

/** Why the machine stands still, with its full stop. */
export function haltSentence(machine: Machine, halt: Halt): string {
  const text = haltText(machine, halt);
  return text.endsWith('.') ? text : `${text}.`;
}

/** Why the machine stands still, in one line. */
export function haltText(machine: Machine, halt: Halt): string {
  switch (halt.kind) {
    case 'entry':
      return 'Stopped at the entry';
    case 'step':
      return halt.note ?? 'Step complete';
    case 'pause':
      return 'Paused';
    case 'step-ended':
      return `Thread ${halt.tid}, which was stepped, has ended`;
    case 'breakpoint':
      return halt.hit.text;
    case 'watch':
      return halt.stop.text;
    case 'blocked':
      return `Thread ${halt.task.tid}, which alone was to run, is blocked: it ${halt.reason}`;
    case 'process-ended':
      return `Process ${halt.pid}, which alone was to run, has ended`;
    case 'step-exec':
      return `The step ends in another program: pid ${halt.task.process.pid} runs ${baseName(halt.task.process.executable)} now`;
    case 'event':
      return isException(halt.event) ? exceptionText(halt.event) : eventText(machine, halt.event, halt.story);
    case 'ending':
      return lastStateText(machine, halt.story);
    case 'deadlock':
      return halt.text ?? stopText(halt);
    case 'invariant':
      return violationText(halt.violation);
    case 'platform-failure':
      return halt.error instanceof UnimplementedError
        ? `Unimplemented: ${halt.error.message}`
        : `The platform failed: ${halt.error.message}`;
  }
}
