import { toHex } from '../../memory/address.ts';
import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { baseName } from '../../program/source-map.ts';
import { err, ok, type Result } from '../../result.ts';
import { resolveFunction, resolveLine, type Resolved } from '../breakpoint-place.ts';
import type { Debuggee } from '../debuggee.ts';
import { variableScope } from '../scopes/symbol-values.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';

/** A line of a source of the program. */
interface SourceLine {
  /** A path of the debug information. */
  readonly file: string;
  readonly line: number;
  /** Where a function begins that was asked for. */
  readonly entry?: number;
}

/** Lines that `list` shows, as many before the wanted one as after it. */
const LISTED = 10;

export const LIST: ConsoleCommand = {
  name: 'list',
  aliases: ['l'],
  about: 'show lines of the source: around the frame, a line, FILE:LINE or a function',
  usage: 'list [LINE, FIRST,LAST, FILE:LINE or FUNCTION]',
  isWhole: true,
  run({ debuggee, at }, rest): Answer {
    const [, first, last] = /^(\d+)\s*,\s*(\d+)$/.exec(rest) ?? [];
    const wanted = lineAsked(debuggee, at, first ?? rest);
    if (!wanted.ok) return wanted;
    const { file, line } = wanted.value;
    const lines = readLines(debuggee, file);
    if (!lines.ok) return lines;
    const start = first === undefined ? Math.max(1, line - LISTED / 2) : line;
    const end = last === undefined ? start + LISTED - 1 : Math.min(Number(last), start + MOST_LISTED);
    if (start > lines.value.length) return err(`${baseName(file)} has ${lines.value.length} lines.`);
    const here = at.line?.file === file ? at.line.line : undefined;
    const text = lines.value
      .slice(start - 1, end)
      .map((content, index) => numbered(start + index, content, start + index === here))
      .join('\n');
    return ok({ text });
  },
};

const MOST_LISTED = 500;

/** The line of source that a frame is at, with its number; `undefined` where there is none to read. */
export function sourceLine(debuggee: Debuggee, { line }: StackFrame): string | undefined {
  if (!line) return undefined;
  const lines = readLines(debuggee, line.file);
  const content = lines.ok ? lines.value[line.line - 1] : undefined;
  return content === undefined ? undefined : numbered(line.line, content, false);
}

/** A frame as gdb writes it: `add (a=40, b=2) at util.c:3`. */
export function frameLine(debuggee: Debuggee, at: StackFrame): string {
  const { name, line, frame, isInlined } = at;
  const values = variableScope(debuggee.values, at, 'arguments')?.children(
    { start: 0, count: undefined },
    { asHex: false },
  );
  const given = (values ?? []).map((one) => `${one.name}=${one.value}`).join(', ');
  const place = line ? `${line.file}:${line.line}` : toHex(frame.pc);
  return `${name}${line ? `(${given})` : ''}${isInlined ? ' [inlined]' : ''} at ${place}`;
}

/** `info line`: where the code of a line is. */
export function lineFacts(debuggee: Debuggee, at: StackFrame, rest: string): Answer {
  const wanted = lineAsked(debuggee, at, rest);
  if (!wanted.ok) return wanted;
  const { file, line, entry } = wanted.value;
  const places = entry === undefined ? placesOf(debuggee, at, file, line) : [codePlace(debuggee, at, entry)];
  const name = `Line ${line} of ${baseName(file)}`;
  return ok({ text: places.length > 0 ? `${name} begins at ${places.join(', ')}.` : `${name} has no code.` });
}

function placesOf(debuggee: Debuggee, at: StackFrame, file: string, line: number): string[] {
  return debuggee.images.of(at.task.process).flatMap(({ symbols }) => {
    const found = symbols?.addressesForLine(file, line);
    return found?.line === line ? found.addresses.map((address) => codePlace(debuggee, at, address)) : [];
  });
}

function codePlace(debuggee: Debuggee, at: StackFrame, address: number): string {
  return describeAddress(debuggee.images.at(at.task.process, address), BigInt(address));
}

/** Looks a location up as gdb's commands take it: a line, FILE:LINE, a function, or *ADDRESS. */
export function locate({ debuggee, at }: ConsoleScope, text: string): Result<Resolved & Partial<SourceLine>, string> {
  const { images, sources, evaluator } = debuggee;
  const [, file, digits] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (digits !== undefined) {
    const path = file ?? at.line?.file;
    if (path === undefined) return err('The frame has no source: write FILE:LINE.');
    const resolved = resolveLine(images, sources.map, hostPath(debuggee, path), Number(digits));
    return resolved.places.length > 0 ? ok({ ...resolved, file: hostPath(debuggee, path) }) : err(sentence(resolved));
  }
  if (text.startsWith('*')) {
    const address = evaluator.scalar(at, `(unsigned long)(${text.slice(1)})`);
    return address.ok ? ok({ places: [{ address: Number(address.value), image: undefined }] }) : address;
  }
  const resolved = resolveFunction(images, text);
  if (resolved.places.length === 0) return err(sentence(resolved));
  const [{ address, image }] = resolved.places;
  const line = image?.symbols?.lineAt(address);
  return ok(line ? { ...resolved, file: debuggee.sources.map.toClient(line.file), line: line.line } : resolved);
}

function sentence({ message = 'nowhere' }: Resolved): string {
  return `${message[0].toUpperCase()}${message.slice(1)}.`;
}

/** The host's path of a source that is named by its path, or by its end. */
function hostPath(debuggee: Debuggee, name: string): string {
  const file = sourceNamed(debuggee, name);
  return file === undefined ? name : debuggee.sources.map.toClient(file);
}

/** A source of the debug information by its path, or by the end of it. */
function sourceNamed(debuggee: Debuggee, name: string): string | undefined {
  const files = debuggee.images.all().flatMap(({ symbols }) => symbols?.sourceFiles() ?? []);
  return files.find((file) => file === name) ?? files.find((file) => file.endsWith(`/${name}`));
}

function lineAsked(debuggee: Debuggee, at: StackFrame, text: string): Result<SourceLine, string> {
  if (text === '') return at.line ? ok(at.line) : err('The frame has no source.');
  const [, name, digits] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (digits !== undefined) {
    const file = name === undefined ? at.line?.file : sourceNamed(debuggee, name);
    if (file !== undefined) return ok({ file, line: Number(digits) });
    return err(name === undefined ? 'The frame has no source: write FILE:LINE.' : `The program has no source ${name}.`);
  }
  for (const { symbols } of debuggee.images.of(at.task.process)) {
    const [entry] = symbols?.spellings(text).flatMap((spelling) => symbols.functionEntries(spelling)) ?? [];
    const line = entry === undefined ? undefined : symbols!.lineAt(entry);
    if (line) return ok({ ...line, entry: entry });
  }
  return err(`No function with source is called ${text}.`);
}

/** Nobody reads a longer source in a console. */
const LARGEST_SOURCE = 4 << 20;

function readLines(debuggee: Debuggee, file: string): Result<string[], string> {
  const bytes = debuggee.sources.read(file);
  if (!bytes.ok) return bytes;
  if (bytes.value.length > LARGEST_SOURCE) return err(`${baseName(file)} is too long to be listed.`);
  return ok(new TextDecoder().decode(bytes.value).split('\n'));
}

function numbered(line: number, content: string, isHere: boolean): string {
  return `${isHere ? '=>' : '  '} ${line}\t${content.replace(/\r$/, '')}`;
}
