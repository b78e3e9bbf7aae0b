/** A part of a log message. */
export interface TemplatePart {
  readonly kind: 'text' | 'expression';
  readonly text: string;
}

/**
 * Divides a log message at its `{expression}`s. Braces, brackets and quotes inside an expression are its own; `\\{` is a
 * brace, and so is one that nothing closes.
 */
export function template(message: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let text = '';
  for (let at = 0; at < message.length; at++) {
    const character = message[at];
    if (character === '\\' && (message[at + 1] === '{' || message[at + 1] === '}')) {
      text += message[++at];
      continue;
    }
    const end = character === '{' ? closingBrace(message, at) : undefined;
    if (end === undefined || message.slice(at + 1, end).trim() === '') {
      text += character;
      continue;
    }
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
    parts.push({ kind: 'expression', text: message.slice(at + 1, end) });
    at = end;
  }
  if (text !== '') parts.push({ kind: 'text', text });
  return parts;
}

function closingBrace(message: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < message.length; at++) {
    const character = message[at];
    if (character === '"' || character === "'") {
      const [literal] = (character === '"' ? /^"(?:\\.|[^"\\])*"/ : /^'(?:\\.|[^'\\])*'/).exec(message.slice(at)) ?? [];
      at += Math.max(0, (literal?.length ?? 1) - 1);
    } else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at;
  }
  return undefined;
}
