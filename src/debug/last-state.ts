import { signalText } from '../linux/abi/signal-meaning.ts';
import type { ExitStatus } from '../linux/process.ts';
import type { StopEvent } from './cpp-exceptions.ts';
import type { Machine } from '../machine/machine.ts';
import { endingText, type FaultStory } from '../program/faults/story.ts';

/** What is said of a stop at the end of the last process, besides how that ends. */
export const LAST_STATE = 'This is its last state: continue to end the session.';

/** Whether an event that has not been carried out is the end of the last process. */
export function isLastEnd(machine: Machine, event: StopEvent): boolean {
  const ends = event.kind === 'exit' || (event.kind === 'signal' && event.action === 'terminate');
  const tasks = machine.tasks();
  return ends && tasks.length > 0 && tasks.every(({ process }) => process.pid === event.pid);
}

/** How a program ended, in a sentence. @param story what ended it, where a signal did */
export function programEndText(status: ExitStatus, story: FaultStory | undefined): string {
  return status.kind === 'exited'
    ? `The program exited with code ${status.code}.`
    : `The program was ended by signal ${signalText(status.signal)}${endingText(story)}.`;
}

/** Of the stop at the last state: how the program ended, and who is there to be looked at, where that is another process. */
export function lastStateText(machine: Machine, story: FaultStory | undefined): string {
  const { exitOfInit: first, lifeCycle } = machine.kernel;
  const { heldEnd } = lifeCycle;
  const status = first ?? heldEnd?.status;
  const ended = status ? [programEndText(status, story)] : [];
  return [...ended, ...(first ? [othersText(machine)] : []), LAST_STATE].join(' ');
}

/** Who has outlived the program. */
function othersText(machine: Machine): string {
  const { heldEnd } = machine.kernel.lifeCycle;
  if (heldEnd) {
    const { thread, status } = heldEnd;
    const how =
      status.kind === 'exited' ? `exits with code ${status.code}` : `is ended by ${signalText(status.signal)}`;
    return `Its last process, pid ${thread.process.pid}, ${how}.`;
  }
  const waits = machine.tasks().map(({ process, wait }) => `pid ${process.pid} ${wait?.reason ?? 'waits'}`);
  return `Left for ever: ${waits.join(', ')}.`;
}
