import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '../machine/machine.ts';
import { Endings } from '../program/faults/endings.ts';
import { ImageTable } from '../program/images.ts';
import { MemoryNames } from '../program/names/memory-names.ts';
import { SourcePlaces } from '../program/source-places.ts';

/** The program and its libraries in a machine. @param program the file, beside which separate debug information may be. */
export function programImages(machine: Machine, program: string): ImageTable {
  const beside = (name: string): Uint8Array | undefined => readBeside(program, name);
  return new ImageTable(machine, machine.options.host.files, () => undefined, beside);
}

/** What words of a machine's stops are made of. */
export interface ProgramWords {
  readonly names: MemoryNames;
  readonly places: SourcePlaces;
  readonly endings: Endings;
}

/** Names and places of the program in a machine. */
export function programWords(machine: Machine, images: ImageTable): ProgramWords {
  const names = new MemoryNames(machine, images);
  const places = new SourcePlaces(machine, images);
  return { names, places, endings: new Endings(machine, images, names, places) };
}

/** A separate debug file, whose name counts from the folder of the program. */
export function readBeside(program: string, name: string): Uint8Array | undefined {
  const file = path.resolve(path.dirname(program), name);
  // The name is the program's: a pipe or a device of this name would never end.
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? new Uint8Array(readFileSync(file)) : undefined;
}
