import { breakpointOut } from '../requests/breakpoints.ts';
import { watchableOf } from '../requests/data-breakpoints.ts';
import type { MemoryWatch } from '../../machine/watchpoint.ts';
import { err, ok, type Result } from '../../result.ts';
import { baseName } from '../../program/source-map.ts';
import { filterLabel } from '../event-filters.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';
import { locate } from './source.ts';

/** The commands of gdb about breakpoints. */
export const STOP_COMMANDS: readonly ConsoleCommand[] = [
  {
    name: 'break',
    aliases: ['b', 'br', 'brea'],
    about: 'set a breakpoint at a line, FILE:LINE or a function; after if comes its condition',
    usage: 'break LOCATION [if CONDITION]',
    isExact: true,
    run: setBreakpoint,
  },
  watching('watch', 'change', 'stop when the value of an expression has changed'),
  watching('rwatch', 'load', 'stop when an object is read'),
  watching('awatch', 'access', 'stop when an object is read or written'),
  {
    name: 'delete',
    aliases: ['d'],
    about: 'remove a breakpoint by the number that info breakpoints shows',
    usage: 'delete NUMBER',
    isExact: true,
    run({ state }: ConsoleScope, rest: string): Answer {
      const id = Number(/^(?:breakpoints?\s+)?(\d+)$/.exec(rest)?.[1]);
      if (Number.isNaN(id)) return err('Write the number of a breakpoint: info breakpoints shows them.');
      const removed = state.breakpoints.remove(id) ?? state.watches.remove(id);
      if (!removed) return err(`There is no breakpoint ${id}: write info breakpoints.`);
      state.debuggee?.run.watchesChanged();
      state.debuggee?.run.breakpointsChanged();
      return ok({
        text: `Breakpoint ${id} is removed.`,
        then: () => state.client.event('breakpoint', { reason: 'removed', breakpoint: removed }),
      });
    },
  },
];

function setBreakpoint(scope: ConsoleScope, rest: string): Answer {
  const { state, at } = scope;
  const [, location = '', condition] = /^(.*?)(?:\s*\bif\b\s*(.+))?$/s.exec(rest.trim()) ?? [];
  const here = at.line ? String(at.line.line) : `*${at.frame.pc}`;
  const found = locate(scope, location === '' ? here : location);
  if (!found.ok) return found;
  const details = condition === undefined ? {} : { condition };
  const { file, line, places } = found.value;
  const made =
    file !== undefined && line !== undefined
      ? state.breakpoints.addLine({ name: baseName(file), path: file }, file, { line, ...details })
      : location.startsWith('*')
        ? state.breakpoints.addInstruction({ instructionReference: `0x${places[0].address.toString(16)}`, ...details })
        : state.breakpoints.addFunction({ name: location, ...details });
  if (!made.verified) {
    state.breakpoints.remove(made.id!);
    return err(`${made.message ?? 'There is no code'}.`);
  }
  state.debuggee?.run.breakpointsChanged();
  return ok({
    text: `Breakpoint ${made.id} at ${file === undefined ? location : `${baseName(file)}:${line}`}.`,
    then: () => state.client.event('breakpoint', { reason: 'new', breakpoint: breakpointOut(state, made) }),
  });
}

function watching(name: string, on: MemoryWatch['on'], about: string): ConsoleCommand {
  return {
    name,
    aliases: [],
    about,
    usage: `${name} EXPRESSION`,
    isExact: true,
    run({ state, debuggee, at }: ConsoleScope, rest: string): Answer {
      const target = watchableOf(debuggee, at, rest.replace(/^-l(?:ocation)?\s+/, ''));
      if ('error' in target) return err(`${target.error}.`);
      const made = state.watches.add({ target, mode: 'any', on });
      debuggee.run.watchesChanged();
      return ok({ text: `Watchpoint ${made.id}: ${rest}.` });
    },
  };
}

/** `info breakpoints`: everything that stops the program, with how often it was reached. */
export function stopList({ state }: ConsoleScope): string {
  const rows = [...state.breakpoints.listed(), ...state.watches.listed()].map(
    ({ id, kind, where, count, condition, message }) =>
      [
        String(id).padEnd(4),
        kind.padEnd(12),
        `${count} hit${count === 1 ? '' : 's'}`.padEnd(9),
        where,
        ...(condition === undefined ? [] : [`if ${condition}`]),
        ...(message === undefined ? [] : [`(${message})`]),
      ].join(' '),
  );
  const filters = state.filters.checked.map(
    ({ id, condition }) =>
      `${'event'.padEnd(27)}${filterLabel(id)}${condition === undefined ? '' : ` if ${condition}`}`,
  );
  return [...(rows.length > 0 ? rows : ['No breakpoints.']), ...filters].join('\n');
}

/** What `catch` of gdb is here: a filter to check. */
const CAUGHT: Readonly<Record<string, string>> = {
  fork: 'Fork',
  vfork: 'Vfork',
  exec: 'Exec',
  signal: 'Signal',
  load: 'Map',
  unload: 'Unmap',
};

/** The sentence that says where one stops at what gdb catches. */
export function caught(rest: string): Result<never, string> {
  const [, what = '', more = ''] = /^(\w+)\s*(.*)$/.exec(rest) ?? [];
  if (what === 'syscall')
    return err(
      `Add a function breakpoint syscall:${more || 'NAME'} in the Breakpoints view; syscall: alone stops at all calls.`,
    );
  const filter = CAUGHT[what];
  if (filter === undefined)
    return err('Events to stop at are checked in the Breakpoints view: fork, exec, exit, signals and page faults.');
  const condition = what === 'signal' && more !== '' ? `, with the condition $signal == "${more}"` : '';
  return err(`Check ${filter} in the Breakpoints view${condition}.`);
}
