import type { MemoryWatch } from '../../machine/watchpoint.ts';
import { pageFloor, toHex, USER_END } from '../../memory/address.ts';
import { X } from '../../riscv/registers.ts';
import type { Arguments } from '../arguments.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { formatDataId, parseDataId, type BreakpointMode } from '../data-id.ts';
import type { Debuggee } from '../debuggee.ts';
import { typedAddress } from '../expressions/typed-address.ts';
import { memoryReference } from '../memory-reference.ts';
import { globalScope, variableScope } from '../scopes/symbol-values.ts';
import {
  LONGEST_WATCH,
  pageTarget,
  rangeTarget,
  type Watchable,
  type WatchedFrame,
  type WatchTarget,
} from '../watch-target.ts';
import type { WatchRequest } from '../watches.ts';
import { breakpointMode } from './breakpoint-details.ts';
import { containerOf, frameAsked } from './inspection.ts';
import type { RequestTable } from './request-table.ts';

/** Data breakpoints: what can be watched, and the list of what is. */
export const DATA_BREAKPOINTS: RequestTable = {
  dataBreakpointInfo(state, args) {
    const debuggee = state.stopped();
    const mode = breakpointMode(args) ?? 'any';
    const target = targetOf(debuggee, args);
    if ('error' in target) return { body: { dataId: null, description: target.error } };
    return {
      body: {
        dataId: formatDataId({ target, mode }),
        description: describe(target, mode),
        accessTypes: target.kind === 'memory' ? ['read', 'write', 'readWrite'] : ['write'],
        canPersist: target.kind !== 'memory' || target.frame === undefined,
      },
    };
  },

  setDataBreakpoints(state, args) {
    const made = args.list('breakpoints').map((one) => request(one));
    const accepted = made.flatMap((one) => ('error' in one ? [] : [one]));
    const told = state.watches.set('data', accepted);
    state.debuggee?.run.watchesChanged();
    const breakpoints = made.map((one) =>
      'error' in one ? { verified: false, message: one.error } : told[accepted.indexOf(one)],
    );
    return { body: { breakpoints } };
  },
};

const ON: Readonly<Record<string, MemoryWatch['on']>> = { read: 'load', write: 'change', readWrite: 'access' };

function request(args: Arguments): WatchRequest | { readonly error: string } {
  const id = args.text('dataId');
  const watched = parseDataId(id);
  if (!watched) return { error: `"${id}" is nothing that can be watched` };
  const access = args.optionalText('accessType') ?? 'write';
  const on = ON[access];
  if (on === undefined) return { error: `"${access}" is not a kind of access: it is read, write or readWrite` };
  const condition = args.optionalText('condition');
  const hitCondition = args.optionalText('hitCondition');
  return { ...watched, on, ...(condition ? { condition } : {}), ...(hitCondition ? { hitCondition } : {}) };
}

function targetOf(debuggee: Debuggee, args: Arguments): Watchable {
  const name = args.text('name').trim();
  const bytes = args.optionalInteger('bytes');
  if (bytes !== undefined && (bytes <= 0 || bytes > LONGEST_WATCH))
    return { error: `${bytes} bytes cannot be watched: it is 1 to ${LONGEST_WATCH}, a page` };
  if (args.flag('asAddress')) return atAddress(debuggee, frameAsked(debuggee, args), name, bytes);
  const reference = args.optionalInteger('variablesReference');
  if (reference) {
    const container = containerOf(debuggee, reference);
    return inScope(debuggee, container.watched?.(name) ?? { error: `${name} is not in memory` }, bytes);
  }
  return watchableOf(debuggee, frameAsked(debuggee, args), name, bytes);
}

/** What an expression in a frame stands for, to be watched. */
export function watchableOf(debuggee: Debuggee, at: StackFrame, text: string, bytes?: number): Watchable {
  return inScope(debuggee, ofExpression(debuggee, at, text), bytes);
}

/** A target with as many bytes as are wanted; one on the stack lives as long as its function. */
function inScope(debuggee: Debuggee, target: Watchable, bytes: number | undefined): Watchable {
  if ('error' in target || target.kind !== 'memory') return target;
  const size = bytes ?? target.size;
  if (size > LONGEST_WATCH)
    return { error: `${target.label} has ${size} bytes, and a watch ${LONGEST_WATCH} at most: watch a part of it` };
  const frame = frameHolding(debuggee, target.address);
  return {
    ...target,
    ...(size === target.size ? {} : { size, form: 'bytes' }),
    ...(frame && target.program ? { frame } : {}),
  };
}

/** Frames further out are not looked at: their functions return late. */
const MOST_FRAMES = 100;

/** The activation in whose part of the stack an address of the focused task lies. */
function frameHolding(debuggee: Debuggee, address: number): WatchedFrame | undefined {
  const task = debuggee.focus;
  const stack = debuggee.stack(task);
  const spOf = (frame: StackFrame | undefined): number => Number(frame?.frame.registers.x[X.Sp] ?? NaN);
  for (let level = 0; level < MOST_FRAMES; level++) {
    const caller = stack.at(level + 1);
    if (!caller || address < spOf(stack.at(level))) return undefined;
    if (address < spOf(caller)) return { tid: task.tid, sp: spOf(caller), returnAddress: caller.frame.pc };
  }
  return undefined;
}

/** What is watched without a size: a word. */
const WORD = 8;

function atAddress(debuggee: Debuggee, at: StackFrame, text: string, bytes = WORD): Watchable {
  const typed = typedAddress(debuggee, at, text);
  if (!typed.ok) return { error: `"${text}" is not an address: ${typed.error.replace(/\.$/, '')}` };
  const { process, address } = typed.value;
  if (address >= USER_END) return { error: `"${text}" is not an address of a process` };
  return rangeTarget(process.pid, Number(address), bytes);
}

const SPECIAL = /^(page|pte|refcount)\s*\((.+)\)$/;

function ofExpression(debuggee: Debuggee, at: StackFrame, text: string): Watchable {
  const { pid, executable } = at.task.process;
  const [, kind, inner] = SPECIAL.exec(text) ?? [];
  if (kind !== undefined) {
    const within = addressOf(debuggee, at, inner);
    if (typeof within !== 'number') return within;
    const address = pageFloor(within);
    if (kind === 'page') return pageTarget(pid, address);
    return kind === 'pte' ? { kind, pid, address, level: 0 } : { kind: 'refcount', pid, address };
  }
  const { values } = debuggee;
  const scopes = [variableScope(values, at, 'locals', 'arguments'), globalScope(values, at)];
  for (const scope of scopes) {
    const found = scope?.watched?.(text);
    if (found && !('error' in found)) return found;
  }
  const address = addressOf(debuggee, at, `&(${text})`);
  if (typeof address !== 'number') return address;
  const size = debuggee.evaluator.scalar(at, `sizeof(${text})`);
  const known = size.ok ? Number(size.value) : WORD;
  return { kind: 'memory', pid, address, size: known, form: 'bytes', label: text, program: executable };
}

function addressOf(debuggee: Debuggee, at: StackFrame, text: string): number | { readonly error: string } {
  const value = debuggee.evaluator.scalar(at, text);
  if (!value.ok) return { error: value.error };
  const address = Number(value.value);
  return Number.isInteger(address) && address >= 0 && address < USER_END
    ? address
    : { error: `${text} is not an address` };
}

function describe(target: WatchTarget, mode: BreakpointMode): string {
  const { pid, address } = target;
  const who = mode === 'this' ? ` (pid ${pid} only)` : '';
  switch (target.kind) {
    case 'pte':
      return `the page-table entry of ${memoryReference(pid, address)}${target.level ? `, level ${target.level}` : ''}`;
    case 'refcount':
      return `the reference count of the frame of ${memoryReference(pid, address)}`;
    case 'memory':
      return `${labelOf(target)}${target.label.includes('0x') ? '' : ` (${target.size} bytes at ${toHex(address)})`}${who}`;
  }
}

/** What is watched of a pointer is the pointer. */
function labelOf({ form, label }: Extract<WatchTarget, { kind: 'memory' }>): string {
  return form === 'pointer' ? `the pointer ${label}` : label;
}
