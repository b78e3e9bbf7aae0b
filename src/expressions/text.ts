import type { ReadMemory } from '../symbols/frame.ts';
import { libraryType, textIn } from '../symbols/summaries/access.ts';
import { sizeOf, stripped, typeName } from '../symbols/type.ts';
import type { Moment } from './names.ts';
import { addressOf, placeOf, valueOf, type Node } from './node.ts';
import { Wrong } from './problem.ts';
import type { Span } from './syntax.ts';
import { sentence, type Place } from './values.ts';

/** Longer texts are compared up to here. */
const LONGEST_TEXT = 4096;

/** Whether a node is a text of a library, such as std::string. */
export function isLibraryText<M extends Moment>({ isPlace, type }: Node<M>): boolean {
  return isPlace && libraryType(type)?.isText === true;
}

/** Reads a text, one character a byte: one of a library, or an array of or a pointer to characters, up to its NUL. */
export function textOf<M extends Moment>(node: Node<M>): (moment: M) => string {
  const { type, span } = node;
  if (isLibraryText(node)) {
    const place = placeOf(node);
    return (moment) => {
      const bytes = textIn(place(moment), moment.frame.read);
      if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), span);
      return String.fromCharCode(...bytes);
    };
  }
  const inner = stripped(type);
  const element = inner.kind === 'array' ? inner.element : inner.kind === 'pointer' ? inner.target : undefined;
  if (element === undefined || sizeOf(element) !== 1)
    throw new Wrong(`A text can be compared with text, not with a ${typeName(type)}`, span);
  if (inner.kind === 'array' && node.isPlace) {
    const place = placeOf(node);
    return (moment) => {
      const found = place(moment);
      const size = sizeOf(found.type);
      // A flexible array goes on as far as its text.
      return size ? untilNul(found, size, span) : atAddress(addressOf(found, span), moment.frame.read, span);
    };
  }
  const { run } = valueOf(node);
  return (moment) => atAddress(Number(run(moment)), moment.frame.read, span);
}

/** The text that begins at an address, read in pieces that end with a page: the next one may not be there. */
function atAddress(start: number, read: ReadMemory, span: Span): string {
  let text = '';
  for (let at = start; text.length < LONGEST_TEXT;) {
    const bytes = read(at, Math.min(64, 4096 - (at % 4096)));
    if (!bytes) throw new Wrong(`Cannot read memory at 0x${at.toString(16)}`, span);
    const end = bytes.indexOf(0);
    text += String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
    if (end >= 0) break;
    at += bytes.length;
  }
  return text;
}

function untilNul({ storage }: Place, size: number, span: Span): string {
  const bytes = storage.read(0, Math.min(size, LONGEST_TEXT));
  if ('unavailable' in bytes) throw new Wrong(bytes.unavailable, span);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}
