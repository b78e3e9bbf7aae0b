import { demangledType, shortTypeName } from './demangled-type.ts';
import { mangledClassOf, mangledNameAt } from './dynamic-class.ts';
import type { ReadMemory } from './frame.ts';
import { leafResult } from './leaf-function.ts';
import { wordAt } from './paged-memory.ts';
import { integerOf } from './scalar.ts';
import { pointedText } from './strings.ts';

/** What a C++ exception is. */
export interface Thrown {
  /** Its type in the source: `std::bad_alloc`, `int`. */
  readonly type: string;
  /** What it says, in quotes: of a class derived from `std::exception`, or of a thrown text. */
  readonly what?: string;
}

/** Before what is thrown, and in the header of the unwinder, its type stands (Itanium C++ ABI for exceptions, 2.2.1). */
const TYPE_BEFORE_OBJECT = 112;
const UNWIND_HEADER = 32;
/** Marks headers of C++: those of GNU's library and LLVM's; another one's object is elsewhere. */
const CPP_CLASSES: ReadonlySet<string> = new Set(['GNUCC++', 'CLNGC++']);
const DEPENDENT = 1;
/** As deep and as wide as hierarchies of exceptions are followed. */
const [DEEPEST, MOST_BASES] = [32, 64];
/** Where no program has its stack: what is followed stores there, and nothing is written. */
const STACK = 1n << 62n;
/** `what` is the third function of every exception. */
const WHAT = 16;

/** An exception by its object and its `std::type_info`. Nothing is called: a `what` that does more than find its text says nothing. */
export function thrownObject(object: number, information: number, read: ReadMemory): Thrown | undefined {
  const mangled = mangledNameAt(information, read);
  if (mangled === undefined) return undefined;
  const type = shortTypeName(demangledType(mangled) ?? mangled);
  const what = /^PK?c$/.test(mangled) ? textAt(wordAt(object, read), read) : whatOf(object, information, read);
  return { type, ...(what === undefined ? {} : { what }) };
}

/** An exception by what the library keeps of it, which begins with its type and is followed by its object. */
export function exceptionOfRecord(record: number, read: ReadMemory): Thrown | undefined {
  return exceptionAt(record + TYPE_BEFORE_OBJECT, read);
}

/** An exception by its object alone. */
function exceptionAt(object: number, read: ReadMemory): Thrown | undefined {
  const information = wordAt(object - TYPE_BEFORE_OBJECT, read);
  return information ? thrownObject(object, information, read) : undefined;
}

/** An exception by the header that the unwinder hands to a handler. */
export function exceptionOfHeader(header: number, read: ReadMemory): Thrown | undefined {
  const name = read(header, 8);
  if (
    !name ||
    !CPP_CLASSES.has(
      [...name.subarray(1)]
        .reverse()
        .map((code) => String.fromCharCode(code))
        .join(''),
    )
  )
    return undefined;
  const object = header + UNWIND_HEADER;
  // One that was thrown again from a std::exception_ptr leads to the first.
  return exceptionAt(name[0] === DEPENDENT ? (wordAt(object - TYPE_BEFORE_OBJECT, read) ?? 0) : object, read);
}

function whatOf(object: number, information: number, read: ReadMemory): string | undefined {
  const base = exceptionIn(object, information, read, 0, { left: MOST_BASES });
  const table = base === undefined ? undefined : wordAt(base, read);
  const code = table ? wordAt(table + WHAT, read) : undefined;
  const text = code ? leafResult(read, code, STACK, BigInt(base!)) : undefined;
  return text === undefined ? undefined : textAt(Number(text), read);
}

/** Where an object has its `std::exception`, by the descriptions of its class (Itanium C++ ABI, 2.9.5). */
function exceptionIn(
  object: number,
  information: number,
  read: ReadMemory,
  depth: number,
  budget: { left: number },
): number | undefined {
  if (depth > DEEPEST || budget.left-- <= 0) return undefined;
  if (mangledNameAt(information, read) === 'St9exception') return object;
  const kind = mangledClassOf(wordAt(information, read) ?? 0, read) ?? '';
  if (kind.includes('__si_class_type_info')) {
    const base = wordAt(information + 16, read);
    return base ? exceptionIn(object, base, read, depth + 1, budget) : undefined;
  }
  if (!kind.includes('__vmi_class_type_info')) return undefined;
  const count = (wordAt(information + 16, read) ?? 0) / 2 ** 32;
  for (let index = 0; index < Math.min(Math.floor(count), MOST_BASES); index++) {
    const base = wordAt(information + 24 + index * 16, read);
    const bytes = read(information + 32 + index * 16, 8);
    if (!base || !bytes) return undefined;
    const flags = integerOf(bytes, true);
    const offset = Number(flags >> 8n);
    const place = flags & 1n ? virtualBase(object, offset, read) : object + offset;
    const found = place === undefined ? undefined : exceptionIn(place, base, read, depth + 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A virtual base is where the virtual table says. */
function virtualBase(object: number, offset: number, read: ReadMemory): number | undefined {
  const table = wordAt(object, read);
  const bytes = table ? read(table + offset, 8) : undefined;
  return bytes && object + Number(integerOf(bytes, true));
}

function textAt(address: number | undefined, read: ReadMemory): string | undefined {
  return address ? pointedText(address, 1, read) : undefined;
}
