import { accessText, explainAccess } from '../inspect/explain.ts';
import { mappingName, permissionText } from '../inspect/mapping-view.ts';
import { pidList } from '../inspect/page-view.ts';
import { baseName } from '../inspect/process-view.ts';
import type { PageDetail } from '../inspect/view.ts';
import type { ExitStatus } from '../linux/process.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { NO_FRAME, toHex } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { FaultCause } from '../platform/fault.ts';
import { type FaultStory, storyText } from './faults/story.ts';

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

function cowBreakText({ how, before, after }: EventOf<'cow-break'>): string {
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
export function eventText(machine: Machine, event: MachineEvent, story?: FaultStory): string {
  switch (event.kind) {
    case 'fault':
      return faultText(machine, event, story);
    case 'cow-break':
      return [`CoW broken at ${toHex(event.va)}: ${cowBreakText(event)}`, ...kernelTexts(event)].join(', ');
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
  const address = toHex(event.va);
  const place = story?.at ?? placeName(machine, event);
  const what = story ? storyText(story) : accessText(event.access, event.va);
  const at = what.includes(address) ? place : `${address}, ${place}`;
  const parts = [
    story?.why === undefined ? `${what} (${at})` : `${what}; ${address} (${place})`,
    ...kernelTexts(event),
  ];
  const process = machine.process(event.pid);
  if (process && event.cause === 'cow' && event.after === NO_FRAME) {
    const page = explainAccess(machine, process, event.va, event.access)?.page;
    if (page) parts.push(sharing(page));
  }
  return `${FAULT_NAMES[event.cause]}: ${parts.join(', ')}`;
}

/** Who has accessed memory, where that is not the instruction that is about to be executed: `by the kernel in read(2)`. */
function kernelText({ pid, by }: MachineEvent): string | undefined {
  switch (by?.work) {
    case undefined:
      return undefined;
    case 'syscall':
      return `by the kernel in ${by.name}(2)`;
    case 'signal':
      return by.name === '' ? 'by the kernel' : `by the kernel, which delivers ${by.name}`;
    case 'start':
      return `by the kernel in clone(2), for the thread id of pid ${pid}`;
    case 'exit':
      return `by the kernel at the end of pid ${pid}`;
  }
}

/** The same, and that nothing is left to be done. */
function kernelTexts(event: EventOf<'fault' | 'cow-break'>): string[] {
  const text = kernelText(event);
  if (text !== undefined) return [text, 'already handled'];
  // A fault of the hart is told before it is handled.
  return event.kind === 'fault' && event.after !== NO_FRAME ? ['already handled'] : [];
}

function sharing({ frame, sharedWith, refcount, state }: PageDetail): string {
  if (state === 'borrowed' && sharedWith.length > 0)
    return `frame ${toHex(frame)} borrowed from ${pidList(sharedWith)}`;
  if (sharedWith.length > 0) return `frame ${toHex(frame)} shared with ${pidList(sharedWith)}`;
  return refcount > 1 ? `frame ${toHex(frame)} shared with a file` : `frame ${toHex(frame)} no longer shared`;
}

/** The mapping of an address in a word: `heap`, `stack`, `fork-cow rw-p`. */
function placeName(machine: Machine, { space, va }: EventOf<'fault'>): string {
  // What the kernel wrote at an end is told when the space is gone.
  if (!machine.inspector.spaces().some((one) => one.space === space)) return 'gone';
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
