import type { Task } from '../linux/task.ts';
import { PAGE_SIZE, toHex } from '../memory/address.ts';
import { sizeOf, stripped } from '../symbols/type.ts';
import type { NamedValue } from '../symbols/children.ts';

/** How the bytes of a watched object are shown: a number of this kind, or bytes. */
export type WatchedForm = 'signed' | 'unsigned' | 'float' | 'pointer' | 'bytes';

/** What a data breakpoint is about. */
export type WatchTarget =
  | {
      readonly kind: 'memory';
      readonly pid: number;
      readonly address: number;
      readonly size: number;
      readonly form: WatchedForm;
      /** What the user calls it. */
      readonly label: string;
      /** The program that has it there; another one that the process executes later has something else. */
      readonly program?: string;
      readonly frame?: WatchedFrame;
    }
  | { readonly kind: 'pte'; readonly pid: number; readonly address: number; readonly level: number }
  | { readonly kind: 'refcount'; readonly pid: number; readonly address: number };

/** The activation that a local variable lives in: it is gone when this thread is back in its caller. */
export interface WatchedFrame {
  readonly tid: number;
  /** The stack pointer of the caller. */
  readonly sp: number;
  /** Where the caller goes on. */
  readonly returnAddress: number;
}

/** A target, or why there is none, for a person. */
export type Watchable = WatchTarget | { readonly error: string };

/** No watch is longer than a page. */
export const LONGEST_WATCH = PAGE_SIZE;

/** A whole page of a process. */
export function pageTarget(pid: number, page: number): WatchTarget {
  const label = `Page ${toHex(page)} of pid ${pid}`;
  return { kind: 'memory', pid, address: page, size: PAGE_SIZE, form: 'bytes', label };
}

/** A range of bytes of a process. */
export function rangeTarget(pid: number, address: number, size: number): WatchTarget {
  if (size === PAGE_SIZE && address % PAGE_SIZE === 0) return pageTarget(pid, address);
  const label = size === 1 ? `The byte at ${toHex(address)}` : `${size} bytes at ${toHex(address)}`;
  return { kind: 'memory', pid, address, size, form: 'bytes', label };
}

/** The object that a value is. @param label what the user calls it */
export function valueTarget(task: Task, value: NamedValue, label: string): Watchable {
  if ('unavailable' in value) return { error: `${value.name} has no value: ${value.unavailable}` };
  if (value.address === undefined)
    return { error: `${value.name} is not in memory${value.register === undefined ? '' : ': it is in a register'}` };
  const size = value.bytes?.length ?? sizeOf(value.typeModel);
  if (!size) return { error: `the size of ${value.name} is not known` };
  const { pid, executable } = task.process;
  const form = value.bits ? 'bytes' : formOf(value);
  return { kind: 'memory', pid, address: value.address, size, form, label, program: executable };
}

function formOf({ typeModel }: Extract<NamedValue, { value: string }>): WatchedForm {
  const type = stripped(typeModel);
  switch (type.kind) {
    case 'base':
      if (type.encoding === 'float') return 'float';
      return type.encoding.startsWith('signed') ? 'signed' : type.encoding === 'other' ? 'bytes' : 'unsigned';
    case 'enum':
      return type.isSigned ? 'signed' : 'unsigned';
    case 'pointer':
      return 'pointer';
    default:
      return 'bytes';
  }
}
