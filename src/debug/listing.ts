import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { StackFrame } from '../program/call-stack.ts';
import { sourceFilesOf, type ImageTable } from '../program/images.ts';
import { baseName } from '../program/source-map.ts';
import { placeOf } from '../symbols/frame.ts';
import { disassembleRange } from './disassembly-view.ts';

/** A text in the place of a source that there is none of. */
interface Listing {
  readonly name: string;
  readonly text: string;
  /** Lines by address. */
  readonly lines: ReadonlyMap<number, number>;
}

/** Longer functions are shown from the instruction on that the frame is at. */
const MOST_INSTRUCTIONS = 2000;
/** What is shown of code that no symbol names. */
const FEW_INSTRUCTIONS = 40;
const MOST_REMEMBERED = 100;

/**
 * What an editor shows where a stop has no source: why the program stopped and why nothing of it is in the person's code,
 * then the function in instructions. Clients ask for the text by number.
 */
export class Listings {
  readonly #texts = new Map<number, Listing>();
  readonly #known = new Map<string, number>();
  #last = 0;

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
  ) {}

  /** The text of a number that was given out, unless it is long ago. */
  text(reference: number): string | undefined {
    return this.#texts.get(reference)?.text;
  }

  /** The source of a frame that has none. @param why the sentences that it begins with */
  of(at: StackFrame, why: readonly string[]): DebugProtocol.Source & { readonly line: number } {
    const address = at.frame.isCaller ? placeOf(at.frame) : at.frame.pc;
    const extent = this.#extent(at, address);
    const key = JSON.stringify([at.task.process.pid, at.image?.path, extent, why]);
    let reference = this.#known.get(key);
    if (reference === undefined) {
      reference = ++this.#last;
      this.#known.set(key, reference);
      this.#texts.set(reference, this.#make(at, extent, why));
      if (this.#known.size > MOST_REMEMBERED) this.#forgetOldest();
    }
    const { name, lines } = this.#texts.get(reference)!;
    const file = at.line && { name: baseName(at.line.file), path: at.line.file };
    return { name, ...file, sourceReference: reference, line: lineOf(lines, address) };
  }

  #forgetOldest(): void {
    const [key, reference] = this.#known.entries().next().value!;
    this.#known.delete(key);
    this.#texts.delete(reference);
  }

  #extent({ image }: StackFrame, address: number): { readonly start: number; readonly end: number } {
    const found = image?.symbols?.functionAt(address);
    const isKnown = found !== undefined && found.high > address && found.high - found.low <= 2 * MOST_INSTRUCTIONS;
    // A return address lies within the call before it.
    return isKnown ? { start: found.low, end: found.high } : { start: address & ~1, end: 0 };
  }

  #make(at: StackFrame, { start, end }: { start: number; end: number }, why: readonly string[]): Listing {
    const { machine, images } = this;
    const place = { machine, images, process: at.task.process, source: () => ({}) };
    const count = end > start ? Math.min(MOST_INSTRUCTIONS, Math.ceil((end - start) / 2)) : FEW_INSTRUCTIONS;
    const lines = new Map<number, number>();
    const text = [...why.map((line) => `; ${line}`), ''];
    for (const { address, instruction, symbol } of disassembleRange(place, BigInt(start), 0, count)) {
      if (end > start && Number(address) >= end) break;
      lines.set(Number(address), text.length + 1);
      text.push(`${address}${symbol === undefined ? '' : ` <${symbol}>`}:  ${instruction}`);
    }
    return { name: baseName(at.image?.path ?? at.name), text: `${text.join('\n')}\n`, lines };
  }
}

/** Why a frame's source is not shown, and what would change that. @param isHere whether the file that it names is there */
export function whyNoSource(
  { name, image, line, isSignalReturn }: StackFrame,
  process: Process,
  isHere: boolean,
): string {
  const place = image === undefined ? name : `${name} of ${baseName(image.path)}`;
  if (line && isHere) return `${place} is not in your code: it is at ${baseName(line.file)}:${line.line}.`;
  if (line)
    return `${place} is at ${line.file}:${line.line}, which is not on this computer: "sourceMap" in launch.json can lead to it.`;
  if (isSignalReturn)
    return 'The handler of a signal returns to the kernel here, and then to what the signal has interrupted.';
  if (image === undefined) return `No program or library has code at ${name}.`;
  if (image.path !== process.executable) return `${place} has no source lines.`;
  const advice = sourceFilesOf(image).length === 0 ? ': compile the program with -g' : '';
  return `${place} has no source lines${advice}.`;
}

/** The line of the instruction that holds an address. */
function lineOf(lines: ReadonlyMap<number, number>, address: number): number {
  for (let at = address; at > address - 4; at--) {
    const line = lines.get(at);
    if (line !== undefined) return line;
  }
  return 1;
}
