import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { endingText } from '../program/faults/story.ts';
import { programImages, programWords } from './program-places.ts';

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
  return endingText(programWords(machine, programImages(machine, program)).endings.story(signal));
}
