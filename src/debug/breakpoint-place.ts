import { SYSCALL_NUMBERS } from '../linux/abi/syscall-number.ts';
import { sourceFilesOf, type Image, type ImageTable } from '../program/images.ts';
import { baseName, type SourceMap } from '../program/source-map.ts';

/** An address of an image: the same number may mean something else in a process that runs another program. */
export interface Place {
  readonly address: number;
  /** `undefined`: in any process. */
  readonly image: Image | undefined;
}

/** Where a breakpoint ended up. */
export interface Resolved {
  readonly places: readonly Place[];
  /** The line with code, which may lie after the one asked for. */
  readonly line?: number;
  /** Numbers of system calls, instead of places. */
  readonly syscalls?: readonly number[];
  /** Why it is nowhere, or not where it was asked for. */
  readonly message?: string;
}

/** Looks up a line of a source, a path of the host, in all images. */
export function resolveLine(images: ImageTable, sources: SourceMap, path: string, line: number): Resolved {
  const places: Place[] = [];
  let isKnown = false;
  let found: number | undefined;
  for (const image of images.all()) {
    const { symbols } = image;
    if (!symbols) continue;
    for (const file of sources.matching(path, sourceFilesOf(image))) {
      isKnown = true;
      const at = symbols.addressesForLine(file, line);
      if (!at) continue;
      found ??= at.line;
      places.push(...at.addresses.map((address) => ({ address, image })));
    }
  }
  if (found === undefined)
    return { places, message: isKnown ? `no code on line ${line}` : notBuiltFrom(images, sources, path) };
  return found === line
    ? { places, line }
    : { places, line: found, message: `no code on line ${line}; moved to ${found}` };
}

/** Why no image has lines of a source. */
function notBuiltFrom(images: ImageTable, sources: SourceMap, path: string): string {
  const [other] = images.all().flatMap((image) => sources.homonyms(path, sourceFilesOf(image)));
  return other === undefined
    ? `no line table for ${baseName(path)}`
    : `the program was built from ${other}, not from this file; "sourceMap" in launch.json leads from its folder to this one`;
}

/** Looks up a function by name in all images: after its prologue, where its arguments can be read, and where it is inlined. */
export function resolveFunction(images: ImageTable, name: string): Resolved {
  const wanted = name.trim().replace(/\(\)$/, '');
  const places = images.all().flatMap((image): Place[] => {
    const { symbols } = image;
    const entries = symbols?.spellings(wanted).flatMap((spelling) => symbols.functionEntries(spelling)) ?? [];
    return entries.map((entry) => ({ address: symbols!.prologueEnd(entry), image }));
  });
  if (places.length > 0) return { places };
  return { places, message: `no function is called ${wanted}` };
}

/** Looks up a system call by name; without a name it is all of them. */
export function resolveSyscall(name: string): Resolved {
  const numbers: Readonly<Record<string, number>> = SYSCALL_NUMBERS;
  if (name === '') return { places: [], syscalls: Object.values(numbers) };
  if (Object.hasOwn(numbers, name)) return { places: [], syscalls: [numbers[name]] };
  const close = Object.keys(numbers).filter((known) => known.startsWith(name) || known.endsWith(name));
  const advice = close.length > 0 ? `; there is ${close.slice(0, 3).join(', ')}` : '';
  return { places: [], message: `Linux on RISC-V has no system call ${name}${advice}` };
}
