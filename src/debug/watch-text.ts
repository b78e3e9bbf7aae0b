import { toHex } from '../memory/address.ts';
import { isLeaf, Pte, pteFrame } from '../memory/pte.ts';
import { Watched } from '../memory/watched-memory.ts';
import type { WatchHit } from '../machine/watchpoint.ts';
import type { WatchedForm } from './watch-target.ts';

type MemoryHit = Extract<WatchHit, { kind: 'memory' }>;
type Change<K extends WatchHit['kind']> = Extract<WatchHit, { kind: K }>;

/** What happened to a variable or a range: `counter changed from 1 to 42`. */
export function memoryText({ access, at, before, after }: MemoryHit, label: string, form: WatchedForm): string {
  if (!(access & Watched.Stores)) return `${label} was read (${valueText(before, form)})`;
  const changed = changedPart(before, after);
  if (!changed) return `${label} was written, and is ${valueText(after, form)} as before`;
  if (form !== 'bytes') return `${label} changed from ${valueText(before, form)} to ${valueText(after, form)}`;
  const where = changed.start === 0 && after.length <= SHOWN_BYTES ? '' : ` at ${toHex(at + changed.start)}`;
  const asWord = after.length <= LONGEST_WORD;
  const part = (bytes: Uint8Array): string =>
    asWord ? valueText(bytes, form) : bytesText(bytes.subarray(changed.start, changed.end));
  return `${label} changed${where} from ${part(before)} to ${part(after)}`;
}

/** What was done to a page: `store of 4 bytes at 0x12010, from 1 to 42`. */
export function pageAccessText({ access, va, size, at, before, after }: MemoryHit): string {
  const what = `${accessName(access)} of ${size} ${size === 1 ? 'byte' : 'bytes'} at ${toHex(va)}`;
  const part = (bytes: Uint8Array): string => valueText(bytes.subarray(va - at, va - at + size), 'bytes');
  if (!(access & Watched.Stores)) return `${what} (${part(before)})`;
  return `${what}, from ${part(before)} to ${part(after)}`;
}

/** What became of an entry: `VRWUAD of frame 0x81 became VRUAD CoW: W cleared, CoW set`. */
export function entryText({ before, after }: Change<'entry'>): string {
  if (after === undefined) return `${entryWord(before)} is gone: the process has ended`;
  const changes = BITS.flatMap(([bit, name]) =>
    (before ^ after) & bit ? [`${name} ${after & bit ? 'set' : 'cleared'}`] : [],
  );
  if (before & after & Pte.V && pteFrame(before) !== pteFrame(after))
    changes.unshift(`frame ${toHex(pteFrame(before))} replaced by ${toHex(pteFrame(after))}`);
  return `${entryWord(before)} became ${entryWord(after)}: ${changes.join(', ')}`;
}

export function refcountText({ before, after }: Change<'refcount'>): string {
  return after === 0
    ? `lost its last reference and is free (it had ${before})`
    : `has ${after} ${after === 1 ? 'reference' : 'references'} (it had ${before})`;
}

const BITS: readonly (readonly [number, string])[] = [
  [Pte.V, 'V'],
  [Pte.R, 'R'],
  [Pte.W, 'W'],
  [Pte.X, 'X'],
  [Pte.U, 'U'],
  [Pte.G, 'G'],
  [Pte.A, 'A'],
  [Pte.D, 'D'],
  [Pte.CoW, 'CoW'],
];

function entryWord(pte: number): string {
  if (!(pte & Pte.V)) return 'not valid';
  const bits = BITS.filter(([bit]) => bit !== Number(Pte.CoW) && pte & bit).map(([, name]) => name);
  const cow = pte & Pte.CoW ? ' CoW' : '';
  return `${bits.join('')}${cow} ${isLeaf(pte) ? 'of' : 'to the table in'} frame ${toHex(pteFrame(pte))}`;
}

function accessName(access: number): string {
  return access === Number(Watched.Loads)
    ? 'load'
    : access === Number(Watched.Stores)
      ? 'store'
      : 'atomic load and store';
}

/** Bytes that are shown one by one; of more, only those that changed. */
const SHOWN_BYTES = 16;
const LONGEST_WORD = 8;

/** A number of up to 8 bytes, little endian; else bytes. */
function valueText(bytes: Uint8Array, form: WatchedForm): string {
  const { length } = bytes;
  if (length === 0) return 'nothing';
  const isWord = length === 1 || length === 2 || length === 4 || length === 8;
  if (!isWord) return bytesText(bytes);
  if (form === 'float' && length >= 4) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return String(length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true));
  }
  const bits = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return form === 'signed' ? String(BigInt.asIntN(length * 8, bits)) : form === 'unsigned' ? String(bits) : toHex(bits);
}

function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > SHOWN_BYTES ? `${shown} … (${bytes.length} bytes)` : shown;
}

/** From the first to the last byte that differs, made up to whole words of 4. */
function changedPart(before: Uint8Array, after: Uint8Array): { start: number; end: number } | undefined {
  const differs = (at: number): boolean => before[at] !== after[at];
  let start = 0;
  while (start < after.length && !differs(start)) start++;
  if (start === after.length) return undefined;
  let end = after.length;
  while (!differs(end - 1)) end--;
  if (after.length <= LONGEST_WORD) return { start: 0, end: after.length };
  return { start: start - (start % 4), end: Math.min(after.length, Math.ceil(end / 4) * 4) };
}
