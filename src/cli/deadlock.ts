import type { Machine } from '../machine/machine.ts';
import type { Stop } from '../machine/stop.ts';
import { deadlockText } from '../program/deadlock-text.ts';
import { programImages, programWords } from './program-places.ts';

/** Who waits for what, and where in the source. @param program the file, beside which debug information may be. */
export function deadlock(machine: Machine, program: string, { waits }: Extract<Stop, { kind: 'deadlock' }>): string {
  return deadlockText(machine, programWords(machine, programImages(machine, program)), waits);
}
