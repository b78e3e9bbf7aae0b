import { explainAddress, shortExplanation } from '../../inspect/explain.ts';
import { USER_END, virtAddr } from '../../memory/address.ts';
import { namedExplanation } from '../../program/names/named-views.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { completionsOf } from '../expressions/completions.ts';
import type { Answer } from '../console/command.ts';
import { runConsoleCommand } from '../console/commands.ts';
import type { Evaluated } from '../expressions/shown-value.ts';
import { parseMemoryReference } from '../memory-reference.ts';
import { Refusal } from '../refusal.ts';
import type { Container } from '../variable-store.ts';
import { formatOf, frameAsked, frameOf } from './inspection.ts';
import type { RequestTable } from './request-table.ts';

/** What the user types to be evaluated: in watches, hovers, the debug console and the Variables view. */
export const EXPRESSIONS: RequestTable = {
  evaluate(state, args) {
    const debuggee = state.launched();
    const text = args.text('expression');
    const isConsole = args.optionalText('context') === 'repl';
    if (isConsole && debuggee.run.awaitsInput) {
      debuggee.type(text);
      return { body: { result: '', variablesReference: 0 } };
    }
    const stopped = state.stopped();
    const at = frameAsked(stopped, args);
    const { evaluator, circumstances } = stopped;
    const { asHex } = formatOf(args);
    const valueIn = (frame: StackFrame): Answer =>
      (isConsole ? runConsoleCommand({ state, debuggee: stopped, at: frame }, text) : undefined) ??
      evaluator.evaluate(frame, text, { asHex, mayAssign: isConsole, circumstances });
    const value = valueIn(at);
    if (!value.ok) throw new Refusal(value.error);
    const { text: result, type, parts, memoryReference: reference, hasEffects, then } = value.value;
    const id = stopped.frames.id(at);
    const partsAgain = (): Container | undefined => {
      const frame = stopped.frames.frame(id);
      const again = typeof frame === 'object' ? valueIn(frame) : undefined;
      return again?.ok ? again.value.parts : undefined;
    };
    const pointsTo = args.optionalText('context') === 'hover' ? pointeeInWords(stopped, at, value.value) : '';
    return {
      body: {
        result: result + pointsTo,
        ...(type === undefined ? {} : { type }),
        ...(reference === undefined ? {} : { memoryReference: reference }),
        // To read it again would be to change it again.
        ...(hasEffects || !parts
          ? { variablesReference: 0 }
          : stopped.store.root(`${id} ${isConsole} ${asHex} ${text}`, partsAgain, parts)),
      },
      ...(hasEffects ? { after: stopped.changed() } : then ? { after: then } : {}),
    };
  },

  setExpression(state, args) {
    const debuggee = state.stopped();
    const at = frameAsked(debuggee, args);
    const expression = args.text('expression');
    const { evaluator, circumstances } = debuggee;
    const target = evaluator.compile(at, expression);
    const set = evaluator.assign(at, target.ok ? target.value.source : expression, args.text('value'));
    if (!set.ok) throw new Refusal(set.error);
    const id = debuggee.frames.id(at);
    const after = debuggee.changed();
    const now = evaluator.evaluate(frameOf(debuggee, id), expression, { asHex: formatOf(args).asHex, circumstances });
    if (!now.ok) throw new Refusal(now.error);
    const { text: value, type } = now.value;
    return {
      body: { value, ...(type === undefined ? {} : { type }), variablesReference: 0 },
      after,
    };
  },

  completions(state, args) {
    const debuggee = state.stopped();
    const at = frameAsked(debuggee, args);
    const line = args.text('text').split('\n')[
      state.client.lineIn(args.optionalInteger('line') ?? state.client.lineOut(1)) - 1
    ];
    const caret = state.client.columnIn(args.integer('column')) - 1;
    if (line === undefined || caret < 0) return { body: { targets: [] } };
    const before = line.slice(0, caret);
    const { replaced, words } = completionsOf(debuggee.evaluator, at, before);
    const start = state.client.columnOut(before.length - replaced + 1);
    return {
      body: { targets: words.map((word) => ({ ...word, start, length: replaced })) },
    };
  },
};

/** Where a pointer points, for those who hover over it; empty for what is no pointer. */
function pointeeInWords(
  { machine, names }: Debuggee,
  { task }: StackFrame,
  { text, type = '', memoryReference: reference = '' }: Evaluated,
): string {
  if (!/\*( const)?$/.test(type) || !/^\(?0x/.test(text.replace(/^\([^)]*\) ?/, ''))) return '';
  const place = parseMemoryReference(reference);
  if (!place || place.address === 0n || place.address >= USER_END) return '';
  const explained = explainAddress(machine, task.process, virtAddr(Number(place.address)));
  return explained ? ` — ${shortExplanation(namedExplanation(names, task.process, explained))}` : '';
}
