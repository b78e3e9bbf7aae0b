import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Recorder } from './dap-client.ts';

const GOLDEN = path.resolve('test/adapter/golden');
/** Fields that say nothing: ids that only have to be the same again. */
const OMITTED = new Set(['id']);
/** Numbers that change with what the guest's kernel or the compiler do, and that no test is about. */
const VOLATILE = new Set(['n', 'variablesReference', 'frameId', 'systemProcessId']);

/**
 * A session as text that is the same at every run: one line a message, with what may change (frame numbers, high
 * addresses, counts, paths of this checkout) replaced by names in order of appearance, so that equal things stay equal.
 */
export class Transcript implements Recorder {
  readonly #lines: string[] = [];
  readonly #names = new Map<string, string>();
  /** @param hidden replacements of texts that change, made first. */
  constructor(private readonly hidden: readonly (readonly [RegExp, string])[] = []) {}

  /** A heading, so that a reader finds their way. */
  note(text: string): void {
    this.#lines.push('', `# ${text}`);
  }

  request(command: string, args: unknown): void {
    this.#lines.push(this.#line(`> ${command}`, args));
  }

  response({ command, success, message, body }: DebugProtocol.Response): void {
    // What the adapter can do has a test of its own.
    if (command === 'initialize') this.#lines.push('< initialize …');
    else this.#lines.push(success ? this.#line(`< ${command}`, body) : this.#line(`< ${command} failed:`, message));
  }

  event({ event, body }: DebugProtocol.Event): void {
    const last = this.#lines.at(-1) ?? '';
    // How much is printed in one event depends on how fast the machine runs.
    const { category, output } = (body ?? {}) as { category?: string; output?: string };
    const start = `! output ${category} `;
    if (event === 'output' && last.startsWith(start)) {
      const before = JSON.parse(last.slice(start.length)) as string;
      this.#lines[this.#lines.length - 1] = start + JSON.stringify(before + this.#stable(output!));
    } else if (event === 'output') this.#lines.push(start + JSON.stringify(this.#stable(output!)));
    else this.#lines.push(this.#line(`! ${event}`, body));
  }

  /** Compares with test/adapter/golden/NAME.txt; `UPDATE_GOLDEN=1` writes it. */
  check(name: string): void {
    const file = path.join(GOLDEN, `${name}.txt`);
    const text = `${this.#lines.join('\n').trim()}\n`;
    if (process.env['UPDATE_GOLDEN']) {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, text);
      return;
    }
    const expected = existsSync(file) ? readFileSync(file, 'utf8') : '';
    assert.equal(text, expected, `the session differs from ${file}; UPDATE_GOLDEN=1 writes what happened`);
  }

  #line(start: string, value: unknown): string {
    if (value === undefined) return start;
    return `${start} ${this.#stable(JSON.stringify(strip(value)))}`;
  }

  #stable(text: string): string {
    let stable = text.replaceAll(path.resolve('.'), '$ROOT');
    for (const [pattern, replacement] of this.hidden) stable = stable.replace(pattern, replacement);
    return stable
      .replace(/\b(instruction) \d+/g, '$1 *')
      .replace(
        /(physical(?: address |":"))(0x[0-9a-f]+)([0-9a-f]{3})\b/g,
        (_, before: string, frame: string, offset: string) => `${before}${this.#name('F', frame)}|0x${offset}`,
      )
      .replace(
        /\b(frame(?: in| before| after)?|copied to|table|after)( |","value":")(0x[0-9a-f]+)/g,
        (_, word: string, between: string, frame: string) => `${word}${between}${this.#name('F', frame)}`,
      )
      .replace(
        /"(frame|table|savedIn)":(\d+)/g,
        (_, field: string, frame: string) => `"${field}":"${this.#name('F', hex(Number(frame)))}"`,
      )
      .replace(/"root":"(0x[0-9a-f]+)"/g, (_, frame: string) => `"root":"${this.#name('F', frame)}"`)
      .replace(/(0x[0-9a-f]+)(?=","flags"| [V-][R-][W-][X-])/g, (_, pte: string) => this.#entry(Number(pte)))
      .replace(/\b0x[0-9a-f]{8,16}\b/g, (address) => this.#name('high', address));
  }

  /** A page-table entry: its frame by name, its bits as they are. */
  #entry(pte: number): string {
    return `${this.#name('F', hex(pte >>> 10))}|${hex(pte & 0x3ff)}`;
  }

  #name(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const count = [...this.#names.keys()].filter((one) => one.startsWith(`${kind} `)).length;
    const name = `<${kind}${count + 1}>`;
    this.#names.set(key, name);
    return name;
  }
}

/** The value without what says nothing, and with `*` for what changes. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !OMITTED.has(name))
      .map(([name, field]) => [name, VOLATILE.has(name) && field !== 0 ? '*' : strip(field)]),
  );
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
