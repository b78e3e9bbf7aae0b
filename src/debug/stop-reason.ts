import { explainAccess, ACCESS_NAMES } from '../inspect/explain.ts';
import { mappingName, permissionText } from '../inspect/mapping-view.ts';
import { pidList } from '../inspect/page-view.ts';
import { baseName } from '../inspect/process-view.ts';
import type { PageDetail } from '../inspect/view.ts';
import type { ExitStatus } from '../linux/process.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { NO_FRAME, toHex } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import { UnimplementedError } from '../platform/address-space.ts';
import type { FaultCause } from '../platform/fault.ts';
import { invariantName, type InvariantViolation } from '../platform/invariants.ts';
import { storyText, type FaultStory } from '../program/faults/story.ts';
import { lastStateText } from './last-state.ts';
import { exceptionText, type StopEvent } from './cpp-exceptions.ts';
import type { Halt } from './run-control.ts';

type EventOf<K extends MachineEvent['kind']> = Extract<MachineEvent, { kind: K }>;

const FAULT_NAMES: Record<FaultCause, string> = {
  'demand-zero': 'Demand-zero fault',
  cow: 'CoW fault',
  file: 'File fault',
  'stack-growth': 'Stack growth',
  spurious: 'Spurious fault',
  protection: 'Protection fault',
  unmapped: 'Fault at an unmapped address',
  'past-end': 'Fault past the end of a file',
  'no-memory': 'Out of guest memory',
};

function cowBreakText({ how, before, after }: Extract<MachineEvent, { kind: 'cow-break' }>): string {
  switch (how) {
    case 'copied':
      return `frame ${toHex(before)} copied to ${toHex(after)}`;
    case 'taken-over':
      return `no sharer left, frame ${toHex(after)} taken over`;
    case 'saved':
      return `bytes of frame ${toHex(after)} saved, it is written in place`;
  }
}

/** What happened, in one line without a full stop: `CoW fault: store to 0x11ff0 (heap), frame 0x8123 shared with pid 1`. */
export function eventText(machine: Machine, event: StopEvent, story?: FaultStory): string {
  switch (event.kind) {
    case 'fault':
      return faultText(machine, event, story);
    case 'throw':
    case 'catch':
      return exceptionText(event);
    case 'cow-break':
      return `CoW broken at ${toHex(event.va)}: ${cowBreakText(event)}`;
    case 'fork':
      return `Fork: pid ${event.pid} made pid ${event.child}`;
    case 'vfork':
      return `Vfork: pid ${event.pid} lent its memory to pid ${event.child}`;
    case 'thread':
      return `Thread ${event.tid} started`;
    case 'thread-exit':
      return `Thread ${event.tid} ends`;
    case 'exec':
      return `Exec: pid ${event.pid} runs ${baseName(event.path)}`;
    case 'exit':
      return `Exit: pid ${event.pid} ${statusText(event.status)}`;
    case 'signal':
      return signalText(event, story);
    case 'map':
      return `Map: ${range(event)} ${permissions(event.permissions)} ${event.name || 'anonymous memory'}`;
    case 'unmap':
      return `Unmap: ${range(event)}`;
    case 'protect':
      return `Protect: ${range(event)} is now ${permissions(event.permissions)}`;
    case 'switch':
      return `Switch to the address space of pid ${event.pid}`;
    case 'syscall':
      return `System call ${event.name}`;
    case 'not-supported':
      return `Not supported by the platform: ${event.why}`;
    case 'unknown-syscall':
      return `Unimplemented: system call ${event.number} does not exist here, the program gets ENOSYS`;
    case 'out-of-memory':
      return `Out of guest memory at ${toHex(event.va)}: pid ${event.pid} is killed`;
  }
}

/** How a process ended, in words that follow its name. */
export function statusText(status: ExitStatus): string {
  return status.kind === 'exited' ? `exits with code ${status.code}` : `is ended by signal ${status.signal}`;
}

function faultText(machine: Machine, event: EventOf<'fault'>, story?: FaultStory): string {
  const at = `${toHex(event.va)} (${placeName(machine, event)})`;
  const parts = [story ? `${storyText(story)}; ${at}` : `${ACCESS_NAMES[event.access]} to ${at}`];
  const process = machine.process(event.pid);
  // A fault of the hart is told before it is handled, one of a system call's copy after it.
  const isHandled = event.after !== NO_FRAME;
  if (isHandled) parts.push('by a system call');
  else if (process && event.cause === 'cow') {
    const page = explainAccess(machine, process, event.va, event.access)?.page;
    if (page) parts.push(sharing(page));
  }
  return `${FAULT_NAMES[event.cause]}: ${parts.join(', ')}`;
}

function sharing({ frame, sharedWith, refcount, state }: PageDetail): string {
  if (state === 'borrowed' && sharedWith.length > 0)
    return `frame ${toHex(frame)} borrowed from ${pidList(sharedWith)}`;
  if (sharedWith.length > 0) return `frame ${toHex(frame)} shared with ${pidList(sharedWith)}`;
  return refcount > 1 ? `frame ${toHex(frame)} shared with a file` : `frame ${toHex(frame)} no longer shared`;
}

/** The mapping of an address in a word: `heap`, `stack`, `fork-cow rw-p`. */
function placeName(machine: Machine, { space, va }: EventOf<'fault'>): string {
  const mapping = machine.inspector.mappings(space).find(({ start, end }) => start <= va && va < end);
  if (!mapping) return 'not mapped';
  if (/^\[.*\]$/.test(mapping.name)) return mapping.name.slice(1, -1);
  return `${baseName(mappingName(mapping))} ${permissionText(mapping)}`;
}

function signalText({ name, action, address, pid }: EventOf<'signal'>, story?: FaultStory): string {
  const at = address === undefined ? '' : ` at ${toHex(address)}`;
  const fate: Record<typeof action, string> = {
    handler: 'its handler runs',
    terminate: 'it ends the process',
    ignore: 'ignored',
    stop: 'it stops the process',
    continue: 'it continues the process',
  };
  const what = story && story.what !== '' ? `${storyText(story)}; ` : '';
  return `Signal ${name}${at} for pid ${pid}: ${what}${fate[action]}`;
}

function range({ start, end }: { start: number; end: number }): string {
  return `${toHex(start)}-${toHex(end)}`;
}

function permissions(bits: number): string {
  return `${bits & Pte.R ? 'r' : '-'}${bits & Pte.W ? 'w' : '-'}${bits & Pte.X ? 'x' : '-'}`;
}

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
      return eventText(machine, halt.event, halt.story);
    case 'ending':
      return lastStateText(machine, halt.story);
    case 'deadlock':
      return `Deadlock: ${halt.waits.map(({ task, reason }) => `pid ${task.process.pid} ${reason}`).join(', ')}`;
    case 'invariant':
      return violationText(halt.violation);
    case 'platform-failure':
      return halt.error instanceof UnimplementedError
        ? `Unimplemented: ${halt.error.message}`
        : `The platform failed: ${halt.error.message}`;
  }
}
