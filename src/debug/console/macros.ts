import { definitionText } from '../../expressions/macros.ts';
import { err, ok } from '../../result.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';

/** `info macro NAME`: how a macro is defined at the line of the frame. */
export function macroFacts({ debuggee, at }: ConsoleScope, name: string): Answer {
  const macro = debuggee.evaluator.names(at).macro(name);
  return macro
    ? ok({ text: definitionText(macro) })
    : err(`No macro is called ${name} here; the program has macros where it was built with -g3.`);
}

export const MACRO: ConsoleCommand = {
  name: 'macro',
  aliases: [],
  about: 'show what macros make of an expression',
  usage: 'macro expand EXPRESSION',
  run({ debuggee, at }, rest): Answer {
    const [, text] = /^exp(?:and)?\s+(.+)$/s.exec(rest) ?? [];
    if (text === undefined) return err('Write macro expand EXPRESSION, or info macro NAME.');
    const expanded = debuggee.evaluator.expanded(at, text);
    return expanded.ok ? ok({ text: expanded.value }) : expanded;
  },
};
