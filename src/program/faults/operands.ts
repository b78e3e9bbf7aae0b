import { toHex, USER_END } from '../../memory/address.ts';
import type { Process } from '../../linux/process.ts';
import { sizeOf, stripped } from '../../symbols/type.ts';
import type { MemoryName } from '../names/memory-name.ts';
import type { MemoryNames } from '../names/memory-names.ts';
import type { Index, Lvalue } from './lvalues.ts';
import type { Atom } from './sums.ts';

/** Addresses that nothing is ever mapped at: what a null pointer leads to. */
const NEAR_NULL = 4096n;

/** What is wrong with the operands of an access that failed at an address; `undefined` where it is not known. */
export function operandProblem(names: MemoryNames, process: Process, lvalue: Lvalue, va: bigint): string | undefined {
  const { base } = lvalue;
  const outside = outsideProblem(lvalue);
  if (outside) return outside;
  if (base.kind === 'object') return undefined;
  const pointer = pointerProblem(names, process, base.text!, base.value, base.isOld);
  if (pointer) return pointer;
  const start = names.at(process, Number(base.value));
  return start && pastObject(lvalue, start, va);
}

/** Which index is past the end of its array. */
export function outsideProblem({ indexes }: Lvalue): string | undefined {
  return indexes.map(indexProblem).find((problem) => problem !== undefined);
}

/** Why a pointer leads nowhere. */
export function pointerProblem(
  names: MemoryNames,
  process: Process,
  text: string,
  value: bigint | undefined,
  isOld = false,
): string | undefined {
  if (value === undefined) return undefined;
  const was = isOld ? 'was' : 'is';
  if (value === 0n) return `${text} ${was} null`;
  if (value < NEAR_NULL) return `${text} ${was} ${toHex(value)}, almost null`;
  if (value >= USER_END) return `${text} ${was} ${toHex(value)}, which is no address`;
  const target = names.at(process, Number(value));
  if (!target)
    return (
      names.unmappedText(process, Number(value), text) ?? `${text} ${was} ${toHex(value)}, where nothing is mapped`
    );
  if (target.kind === 'heap-free') return `${text} points to freed memory (${target.text})`;
  if (target.kind === 'guard') return `${text} points to the ${target.text}`;
  return undefined;
}

function indexProblem({ text, value, count, of, atom }: Index): string | undefined {
  if (count === undefined || value === undefined || (value >= 0n && value < BigInt(count))) return undefined;
  const where = value < 0n ? `before the start of ${of}` : `past the end of ${of}`;
  const size = `which has ${count} element${count === 1 ? '' : 's'}`;
  if (text === String(value)) return `${value < 0n ? 'that is ' : ''}${where}, ${size}`;
  const name = atom && text === atom.text ? text : `the index ${text}`;
  return `${name} ${atom?.isOld ? 'was' : 'is'} ${value}, ${where}, ${size}`;
}

/** The pointer is good, and the access is behind what it points into. */
function pastObject({ base, indexes }: Lvalue, start: MemoryName, va: bigint): string | undefined {
  if (va >= BigInt(start.start) && va < BigInt(start.end)) return undefined;
  const [index] = indexes;
  const value =
    index?.value === undefined || index.text === String(index.value) ? '' : `${index.text} is ${index.value}, `;
  const where = va < BigInt(start.start) ? 'before' : 'past';
  const what = start.object?.name ?? (start.kind === 'heap' ? heapText(base, start) : start.text);
  return `${value}${where === 'past' ? 'past the end of' : 'before the start of'} ${what}`;
}

/** `the heap block of numbers, which has room for 10 elements`. */
function heapText({ text, type, value }: Atom, { start, end }: MemoryName): string {
  const pointer = type && stripped(type);
  const size = pointer?.kind === 'pointer' ? sizeOf(pointer.target) : undefined;
  const bytes = end - Number(value ?? start);
  const room = size && size > 1 ? `${Math.floor(bytes / size)} elements` : `${bytes} bytes`;
  return `the heap block that ${text} points to, which has room for ${room}`;
}
