import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Arguments } from '../arguments.ts';
import type { FilterRequest } from '../exception-filters.ts';
import { typedAddress } from '../expressions/typed-address.ts';
import { parseMemoryReference } from '../memory-reference.ts';
import { sourceFilesOf } from '../../program/images.ts';
import { Refusal } from '../refusal.ts';
import { details } from './breakpoint-details.ts';
import type { Reply, RequestTable, SessionState } from './request-table.ts';

/** Breakpoints of all kinds. They may be set at any time, also while the guest runs. */
export const BREAKPOINTS: RequestTable = {
  setBreakpoints(state, args) {
    const path = sourcePath(args);
    const source = args.all['source'] as DebugProtocol.Source;
    const wanted = args.list('breakpoints').map((one) => ({
      line: state.client.lineIn(one.integer('line')),
      ...details(one),
    }));
    const made = state.breakpoints.setLines(source, path, wanted);
    if (made.length > 0) state.debuggee?.sources.adviseOnBreakpoints(path);
    return replaced(state, made);
  },

  setFunctionBreakpoints(state, args) {
    const wanted = args.list('breakpoints').map((one) => ({ name: one.text('name'), ...details(one) }));
    return replaced(state, state.breakpoints.setFunctions(wanted));
  },

  setInstructionBreakpoints(state, args) {
    const wanted = args.list('breakpoints').map((one) => ({
      instructionReference: one.text('instructionReference'),
      address: instructionAddress(state, one),
      ...details(one),
    }));
    return replaced(state, state.breakpoints.setInstructions(wanted));
  },

  setExceptionBreakpoints(state, args) {
    const wanted: FilterRequest[] = [
      ...args.texts('filters').map((id) => ({ id })),
      ...args.list('filterOptions').map((one) => {
        const condition = one.optionalText('condition');
        return { id: one.text('filterId'), ...(condition === undefined ? {} : { condition }) };
      }),
    ];
    const breakpoints = state.filters.set('exceptions', wanted);
    state.debuggee?.filtersChanged();
    return { body: { breakpoints } };
  },

  breakpointLocations(state, args) {
    const { client } = state;
    const debuggee = state.launched();
    const path = sourcePath(args);
    const first = client.lineIn(args.integer('line'));
    const endLine = args.optionalInteger('endLine');
    const last = endLine === undefined ? first : client.lineIn(endLine);
    const lines = new Set<number>();
    for (const image of debuggee.images.all())
      for (const file of debuggee.sources.map.matching(path, sourceFilesOf(image)))
        for (const line of image.symbols!.linesWithCode(file)) if (line >= first && line <= last) lines.add(line);
    return { body: { breakpoints: [...lines].sort((a, b) => a - b).map((line) => ({ line: client.lineOut(line) })) } };
  },
};

function sourcePath(args: Arguments): string {
  const path = args.object('source').optionalText('path');
  if (path === undefined) throw new Refusal('The request is malformed: "source" must have a path.');
  return path;
}

function replaced(state: SessionState, breakpoints: DebugProtocol.Breakpoint[]): Reply {
  state.debuggee?.run.breakpointsChanged();
  return { body: { breakpoints: breakpoints.map((one) => breakpointOut(state, one)) } };
}

/** A breakpoint with its line as the client counts. */
export function breakpointOut(
  { client }: Pick<SessionState, 'client'>,
  breakpoint: DebugProtocol.Breakpoint,
): DebugProtocol.Breakpoint {
  return breakpoint.line === undefined ? breakpoint : { ...breakpoint, line: client.lineOut(breakpoint.line) };
}

/** The address of an instruction: a number, or, while the program stands still, what an expression comes to. */
function instructionAddress({ debuggee }: SessionState, args: Arguments): number | undefined {
  const text = args.text('instructionReference');
  const typed = debuggee?.halt ? typedAddress(debuggee, debuggee.frame, text) : undefined;
  const address = typed?.ok ? typed.value.address : parseMemoryReference(text)?.address;
  return address === undefined ? undefined : Number(address) + (args.optionalInteger('offset') ?? 0);
}
