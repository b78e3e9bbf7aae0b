import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Arguments } from '../arguments.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { exceptionInfo } from '../exception-info.ts';
import { sourceFilesOf } from '../../program/images.ts';
import { memoryReference } from '../memory-reference.ts';
import { Refusal } from '../refusal.ts';
import { haltSentence } from '../stop-reason.ts';
import { addressSpaceScope } from '../scopes/address-space.ts';
import { pageTableScope } from '../scopes/page-table.ts';
import { registerScope } from '../scopes/registers.ts';
import { globalScope, variableScope } from '../scopes/symbol-values.ts';
import { taskScope } from '../scopes/task.ts';
import type { Container, ValueFormat } from '../variable-store.ts';
import type { RequestTable, SessionState } from './request-table.ts';
import { taskOf } from './running.ts';

/** What is looked at while the machine stands still. */
export const INSPECTION: RequestTable = {
  stackTrace(state, args) {
    const debuggee = state.stopped();
    const stack = debuggee.stack(taskOf(debuggee, args.integer('threadId')));
    const first = args.optionalInteger('startFrame') ?? 0;
    const levels = args.optionalInteger('levels') || MOST_FRAMES;
    const frames: StackFrame[] = [];
    for (let level = first; level < first + levels; level++) {
      const frame = stack.at(level);
      if (!frame) break;
      frames.push(frame);
    }
    stack.at(first + frames.length);
    return {
      body: { stackFrames: frames.map((frame) => frameOut(state, debuggee, frame)), totalFrames: stack.known.count },
    };
  },

  scopes(state, args) {
    const debuggee = state.stopped();
    const at = frameOf(debuggee, args.integer('frameId'));
    debuggee.look(at);
    const id = debuggee.frames.id(at);
    const scopes = SCOPES.flatMap(({ name, container, expensive = false, hint }) => {
      const find = (): Container | undefined => {
        const frame = debuggee.frames.frame(id);
        return typeof frame === 'object' ? container(debuggee, frame) : undefined;
      };
      const found = debuggee.store.root(`${id} ${name}`, find);
      const presentationHint = hint === undefined ? {} : { presentationHint: hint };
      return found.variablesReference === 0 ? [] : [{ name, expensive, ...found, ...presentationHint }];
    });
    return { body: { scopes } };
  },

  variables(state, args) {
    const debuggee = state.stopped();
    const { store } = debuggee;
    const reference = args.integer('variablesReference');
    const container = containerOf(debuggee, reference);
    const filter = args.optionalText('filter');
    const format = formatOf(args);
    const isIndexed = container.indexed !== undefined;
    if (filter === 'named' && isIndexed) return { body: { variables: store.others(reference, container, format) } };
    if (filter === 'indexed' && !isIndexed) return { body: { variables: [] } };
    const start = Math.max(0, args.optionalInteger('start') ?? 0);
    const count = args.optionalInteger('count') || undefined;
    const children = store.children(reference, container, { start, count }, format);
    const isAll = filter === undefined && start === 0 && count === undefined;
    return { body: { variables: isAll ? [...children, ...store.others(reference, container, format)] : children } };
  },

  setVariable(state, args) {
    const debuggee = state.stopped();
    const reference = args.integer('variablesReference');
    const container = containerOf(debuggee, reference);
    const name = args.text('name');
    if (!container.set) throw new Refusal(`${name} cannot be set.`);
    const format = formatOf(args);
    const position = container.find?.(name, format)?.position;
    const set = container.set(name, args.text('value'));
    if (!set.ok) throw new Refusal(set.error);
    const after = debuggee.changed();
    const now = debuggee.store.child(reference, containerOf(debuggee, reference), name, position, format);
    return { body: partialBody(now), after };
  },

  exceptionInfo(state, args) {
    const debuggee = state.stopped();
    const task = taskOf(debuggee, args.integer('threadId'));
    const halt = debuggee.halt!;
    const body = task === halt.task ? exceptionInfo(debuggee.machine, halt, debuggee.ledger) : undefined;
    if (!body) throw new Refusal('This thread has not stopped at an event.');
    return { body };
  },

  loadedSources(state) {
    const debuggee = state.launched();
    const files = new Set(debuggee.images.all().flatMap(sourceFilesOf));
    return { body: { sources: [...files].map((file) => debuggee.sources.shown(file)) } };
  },

  source(state, args) {
    const reference =
      args.object('source').optionalInteger('sourceReference') ?? args.optionalInteger('sourceReference');
    const content = reference === undefined ? undefined : state.debuggee?.listings.text(reference);
    if (content === undefined)
      throw new Refusal('The source is not on this computer; "sourceMap" in launch.json can lead to it.');
    // The name by which clients know disassembly.
    return { body: { content, mimeType: 'text/x-lldb.disassembly' } };
  },
};

/** How many frames a request without a limit gets. */
const MOST_FRAMES = 1000;

function frameOut(state: SessionState, debuggee: Debuggee, at: StackFrame): object {
  const { frame, line, name, task, isInlined, image } = at;
  if (line && image) debuggee.sources.advise(image, line.file);
  const common = { id: debuggee.frames.id(at), name: isInlined ? `${name} [inlined]` : name };
  const instructionPointerReference = memoryReference(task.process.pid, frame.pc);
  const listing = at.level === 0 ? listingOf(debuggee, at) : undefined;
  if (listing) {
    const { line: row, ...source } = listing;
    const [start, column] = [state.client.lineOut(row), state.client.columnOut(1)];
    return { ...common, source, line: start, column, instructionPointerReference };
  }
  const isSubtle = debuggee.mine.isSubtle(at);
  const hint = isSubtle ? { presentationHint: 'subtle' } : {};
  const source = line && debuggee.sources.shown(line.file);
  // Who knows no hints opens the first frame that has a source.
  const isPassed =
    isSubtle && !state.client.abilities.knowsHints && isBeforeOwn(debuggee, at, source?.origin === undefined);
  if (!source || isPassed) return { ...common, ...hint, line: 0, column: 0, instructionPointerReference };
  return {
    ...common,
    source: 'presentationHint' in hint ? { ...source, presentationHint: 'deemphasize' } : source,
    line: state.client.lineOut(line.line),
    column: state.client.columnOut(Math.max(1, line.column)),
    instructionPointerReference,
    ...hint,
  };
}

/** Whether a frame is one of those that the person's has called, and it is not there that they have stopped by intent. */
function isBeforeOwn(debuggee: Debuggee, at: StackFrame, isHere: boolean): boolean {
  const { halt, mine } = debuggee;
  const isMeant = at.level === 0 && halt?.task === at.task && (halt.kind === 'breakpoint' || halt.kind === 'step');
  if (isHere && isMeant) return false;
  return at.level < (mine.own.innermost(debuggee.stack(at.task))?.level ?? 0);
}

/** What is shown of an innermost frame where there is no source in the whole stack. */
function listingOf(debuggee: Debuggee, at: StackFrame): ReturnType<Debuggee['listings']['of']> | undefined {
  const missing = debuggee.sources.missing(debuggee.stack(at.task), debuggee.mine);
  if (missing === undefined) return undefined;
  const { machine, halt } = debuggee;
  const why = halt && halt.task === at.task && halt.kind !== 'step' ? [haltSentence(machine, halt)] : [];
  return debuggee.listings.of(at, [...why, `No source: ${missing}`]);
}

/** The frame with an id of the client. */
export function frameOf(debuggee: Debuggee, id: number): StackFrame {
  const frame = debuggee.frames.frame(id);
  if (!frame) throw new Refusal('This frame is gone: the program has run on.');
  if (frame === 'gone') throw new Refusal('This frame is not there any more, since something was changed.');
  return frame;
}

/** What a variables reference of the client expands to. */
export function containerOf(debuggee: Debuggee, reference: number): Container {
  const container = debuggee.store.get(reference);
  if (!container) throw new Refusal('These variables are gone: the program has run on.');
  if (container === 'gone') throw new Refusal('These variables are not there any more, since something was changed.');
  return container;
}

/** A variable that was set, as the response says it. */
function partialBody(now: DebugProtocol.Variable | undefined): object {
  const { value = '', type, variablesReference = 0, namedVariables, indexedVariables, memoryReference } = now ?? {};
  return {
    value,
    ...(type === undefined ? {} : { type }),
    variablesReference,
    ...(namedVariables === undefined ? {} : { namedVariables }),
    ...(indexedVariables === undefined ? {} : { indexedVariables }),
    ...(memoryReference === undefined ? {} : { memoryReference }),
  };
}

interface Scope {
  readonly name: string;
  readonly container: (debuggee: Debuggee, at: StackFrame) => Container | undefined;
  readonly expensive?: boolean;
  readonly hint?: string;
}

/** What a frame is looked at for. */
const SCOPES: readonly Scope[] = [
  { name: 'Locals', container: ({ values }, at) => variableScope(values, at, 'arguments', 'locals'), hint: 'locals' },
  { name: 'Globals', container: ({ values }, at) => globalScope(values, at), expensive: true, hint: 'globals' },
  { name: 'Registers', container: ({ values }, at) => registerScope(values, at), expensive: true, hint: 'registers' },
  {
    name: 'Address Space',
    container: (looked, at) => addressSpaceScope(looked, at.task.process),
    expensive: true,
  },
  {
    name: 'Page Table',
    container: (looked, at) => pageTableScope(looked, at.task.process),
    expensive: true,
  },
  { name: 'Task', container: ({ machine }, at) => taskScope(machine, at.task), expensive: true },
];

export function formatOf(args: Arguments): ValueFormat {
  return { asHex: args.object('format').flag('hex') };
}

/** The frame that a request is about: without one, that which the user looks at. */
export function frameAsked(debuggee: Debuggee, args: Arguments): StackFrame {
  const id = args.optionalInteger('frameId');
  return id === undefined ? debuggee.frame : frameOf(debuggee, id);
}
