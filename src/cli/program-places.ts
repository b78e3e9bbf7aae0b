import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '../machine/machine.ts';
import { ImageTable } from '../program/images.ts';
import { SourcePlaces } from '../program/source-places.ts';

/** Source lines of what happens in a machine. @param program the file, beside which separate debug information may be. */
export function programPlaces(machine: Machine, program: string): SourcePlaces {
  const beside = (name: string): Uint8Array | undefined => readBeside(program, name);
  return new SourcePlaces(machine, new ImageTable(machine, machine.options.host.files, () => undefined, beside));
}

/** A separate debug file, whose name counts from the folder of the program. */
export function readBeside(program: string, name: string): Uint8Array | undefined {
  const file = path.resolve(path.dirname(program), name);
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
}
