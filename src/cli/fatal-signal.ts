import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { Endings } from '../program/faults/endings.ts';
import { endingText } from '../program/faults/story.ts';
import { MemoryNames } from '../program/names/memory-names.ts';
import { SourcePlaces } from '../program/source-places.ts';
import { programImages } from './program-places.ts';

/**
 * What a task was doing when a signal came that ends it, to follow the name of the signal:
 * `: store to *p in main (a.c:3): p is null`.
 * @param program the file, beside which separate debug information may be.
 */
export function circumstances(
  machine: Machine,
  program: string,
  signal: Extract<MachineEvent, { kind: 'signal' }>,
): string {
  const images = programImages(machine, program);
  const names = new MemoryNames(machine, images);
  return endingText(new Endings(machine, images, names, new SourcePlaces(machine, images)).story(signal));
}
