import type { Arguments } from '../arguments.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { exceptionInfo } from '../exception-info.ts';
import { sourceFilesOf } from '../../program/images.ts';
import { memoryReference } from '../memory-reference.ts';
import { Refusal } from '../refusal.ts';
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
    debuggee.focus = at.task;
    const { machine, values, store } = debuggee;
    const { process } = at.task;
    const scope = (name: string, container: Container | undefined, more: object = {}): object[] =>
      container ? [{ name, expensive: false, ...store.expandable(container), ...more }] : [];
    return {
      body: {
        scopes: [
          ...scope('Locals', variableScope(values, at, 'locals'), { presentationHint: 'locals' }),
          ...scope('Arguments', variableScope(values, at, 'arguments'), { presentationHint: 'arguments' }),
          ...scope('Globals', globalScope(values, at), { expensive: true, presentationHint: 'globals' }),
          ...scope('Registers', registerScope(values, at), { presentationHint: 'registers', expensive: true }),
          ...scope('Address Space', addressSpaceScope(machine, process, store), { expensive: true }),
          ...scope('Page Table', pageTableScope(machine, process, store), { expensive: true }),
          ...scope('Task', taskScope(machine, at.task), { expensive: true }),
        ],
      },
    };
  },

  variables(state, args) {
    const debuggee = state.stopped();
    const container = containerOf(debuggee, args.integer('variablesReference'));
    const filter = args.optionalText('filter');
    const format = formatOf(args);
    const isIndexed = container.indexed !== undefined;
    if (filter === 'named' && isIndexed) return { body: { variables: container.others?.(format) ?? [] } };
    if (filter === 'indexed' && !isIndexed) return { body: { variables: [] } };
    const start = Math.max(0, args.optionalInteger('start') ?? 0);
    const count = args.optionalInteger('count') || undefined;
    const children = container.children({ start, count }, format);
    const others = filter === undefined && start === 0 && count === undefined ? container.others?.(format) : undefined;
    return { body: { variables: [...children, ...(others ?? [])] } };
  },

  setVariable(state, args) {
    const debuggee = state.stopped();
    const container = containerOf(debuggee, args.integer('variablesReference'));
    const name = args.text('name');
    if (!container.set) throw new Refusal(`${name} cannot be set.`);
    const set = container.set(name, args.text('value'));
    if (!set.ok) throw new Refusal(set.error);
    const now = container.children({ start: 0, count: undefined }, formatOf(args)).find((one) => one.name === name);
    const { value = '', type, variablesReference = 0 } = now ?? {};
    // The scopes that the client shows are those of before the change.
    return {
      body: { value, ...(type === undefined ? {} : { type }), variablesReference },
      after: () => debuggee.changed(),
    };
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
    return { body: { sources: [...files].map((file) => debuggee.source(file)) } };
  },

  source() {
    throw new Refusal('The source is not on this computer; "sourceMap" in launch.json can lead to it.');
  },
};

/** How many frames a request without a limit gets. */
const MOST_FRAMES = 1000;

function frameOut(state: SessionState, debuggee: Debuggee, at: StackFrame): object {
  const { frame, line, name, task, isInlined, image } = at;
  if (line && image) debuggee.adviseOnSource(image, line.file);
  return {
    id: debuggee.frameId(at),
    name: isInlined ? `${name} [inlined]` : name,
    ...(line ? { source: debuggee.source(line.file) } : { presentationHint: 'subtle' }),
    line: line ? state.client.lineOut(line.line) : 0,
    column: line ? state.client.columnOut(Math.max(1, line.column)) : 0,
    instructionPointerReference: memoryReference(task.process.pid, frame.pc),
  };
}

/** The frame with an id of the client. */
export function frameOf(debuggee: Debuggee, id: number): StackFrame {
  const frame = debuggee.frame(id);
  if (!frame) throw new Refusal('This frame is gone: the program has run on.');
  return frame;
}

function containerOf(debuggee: Debuggee, reference: number): Container {
  const container = debuggee.store.get(reference);
  if (!container) throw new Refusal('These variables are gone: the program has run on.');
  return container;
}

export function formatOf(args: Arguments): ValueFormat {
  return { asHex: args.object('format').flag('hex') };
}
