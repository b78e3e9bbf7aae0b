import type { Machine } from '../machine/machine.ts';
import type { Stop } from '../machine/stop.ts';
import { deadlockText } from '../program/deadlock-text.ts';
import { MemoryNames } from '../program/names/memory-names.ts';
import { SourcePlaces } from '../program/source-places.ts';
import { programImages } from './program-places.ts';

/** Who waits for what, and where in the source. @param program the file, beside which debug information may be. */
export function deadlock(machine: Machine, program: string, { waits }: Extract<Stop, { kind: 'deadlock' }>): string {
  const images = programImages(machine, program);
  const names = new MemoryNames(machine, images);
  return deadlockText(machine, { names, places: new SourcePlaces(machine, images) }, waits);
}
