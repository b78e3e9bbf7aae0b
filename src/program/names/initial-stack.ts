import type { ReadMemory } from '../../symbols/frame.ts';

/** A part of what a program finds on its stack when it starts. */
export interface StackArea {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Of the top of a stack that is searched: more arguments are shown as stack. */
const MOST_BYTES = 256 * 1024;
const MOST_AUXILIARY = 64;

/**
 * Where argc, argv, envp, the auxiliary vector and their strings are (System V ABI, "Process Initialization").
 * @param argv of the process: how many there are tells the place.
 */
export function initialStack(read: ReadMemory, low: number, high: number, argv: readonly string[]): StackArea[] {
  const from = Math.max(low, high - MOST_BYTES);
  const bytes = presentTail(read, from, high);
  if (!bytes) return [];
  const start = high - bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (at: number): number =>
    at >= start && at + 8 <= high ? Number(view.getBigUint64(at - start, true)) : Infinity;
  const isInside = (address: number): boolean => start <= address && address < high;
  const first = start + ((16 - (start % 16)) % 16);
  for (let at = high - ((high - first) % 16); at >= first; at -= 16) {
    if (word(at) !== argv.length || !argv.every((_, index) => isInside(word(at + 8 + index * 8)))) continue;
    const environment = at + 8 + (argv.length + 1) * 8;
    if (word(environment - 8) !== 0) continue;
    return areasFrom(at, environment, high, word, isInside);
  }
  return [];
}

function areasFrom(
  at: number,
  environment: number,
  high: number,
  word: (at: number) => number,
  isInside: (address: number) => boolean,
): StackArea[] {
  let auxiliary = environment;
  while (isInside(word(auxiliary))) auxiliary += 8;
  if (word(auxiliary) !== 0) return [];
  auxiliary += 8;
  let end = auxiliary;
  for (let count = 0; word(end) !== 0 && count < MOST_AUXILIARY && end < high; count++) end += 16;
  end += 16;
  const pointers = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => word(from + index * 8));
  const argumentStrings = pointers(at + 8, (environment - at) / 8 - 2);
  const environmentStrings = pointers(environment, (auxiliary - environment) / 8 - 1);
  const firstString = Math.min(...argumentStrings, ...environmentStrings, high);
  return [
    { start: at, end: at + 8, text: 'argc of the program' },
    { start: at + 8, end: environment, text: 'argv of the program' },
    { start: environment, end: auxiliary, text: 'envp of the program' },
    { start: auxiliary, end, text: 'auxiliary vector' },
    ...stringAreas(argumentStrings, (index) => `string of argv[${index}]`, environmentStrings[0] ?? high),
    ...stringAreas(environmentStrings, (index) => `string of envp[${index}]`, high),
    { start: Math.min(end, firstString), end: high, text: 'what the kernel gave the program' },
  ];
}

/** Strings lie one after the other. */
function stringAreas(starts: readonly number[], name: (index: number) => string, last: number): StackArea[] {
  return starts.flatMap((start, index) => {
    const end = starts[index + 1] ?? last;
    return end > start ? [{ start, end, text: name(index) }] : [];
  });
}

/** The bytes from the first page on from which all are there. */
function presentTail(read: ReadMemory, from: number, high: number): Uint8Array | undefined {
  for (let length = high - from; length >= 4096; length = Math.floor(length / 2 / 4096) * 4096) {
    const bytes = read(high - length, length);
    if (bytes) return bytes;
  }
  return undefined;
}
