import { resultText, syscallArguments } from '../inspect/syscall-text.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import { eventText } from '../program/event-text.ts';

/** What a step that goes on and on would print no more of. */
const MOST_NOTES = 20;

/** What a system call did besides returning. */
const EFFECTS: ReadonlySet<MachineEvent['kind']> = new Set<MachineEvent['kind']>([
  'fork',
  'vfork',
  'thread',
  'exec',
  'map',
  'unmap',
  'protect',
  'cow-break',
  'not-supported',
]);

/** Explains the system calls that a task makes while it is stepped. */
export class SyscallNotes {
  readonly #machine: Machine;
  #tid: number | undefined;
  #effects: string[] = [];
  #notes: string[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Begins with nothing; without a task nothing is noted. */
  begin(task: Task | undefined): void {
    this.#tid = task?.tid;
    this.#effects = [];
    this.#notes = [];
  }

  /** A listener of the machine's events. */
  notice(event: MachineEvent): void {
    if (event.tid !== this.#tid) return;
    if (EFFECTS.has(event.kind)) this.#effects.push(eventText(this.#machine, event));
    if (event.kind !== 'syscall') return;
    const call = `${event.name}(${syscallArguments(this.#machine, event)}) = ${resultText(event.result)}`;
    this.#notes.push([`System call ${call}`, ...this.#effects].join('; '));
    this.#effects = [];
  }

  /** What was noted since the beginning, a line a system call. */
  take(): string[] {
    const notes = this.#notes;
    this.#notes = [];
    const more = notes.length - MOST_NOTES;
    return more > 0 ? [...notes.slice(0, MOST_NOTES), `and ${more} more system calls`] : notes;
  }
}
