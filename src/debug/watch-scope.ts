import type { Machine } from '../machine/machine.ts';
import type { ImageTable } from '../program/images.ts';
import { instructionText, placeText } from '../program/place-text.ts';
import type { WatchScope } from './watches.ts';

/** What watches need to know of a machine. */
export function watchScope(
  machine: Machine,
  images: ImageTable,
  { isTrue, conditionProblem }: Pick<WatchScope, 'isTrue' | 'conditionProblem'>,
): WatchScope {
  return {
    isTrue,
    conditionProblem,
    process: (pid) => machine.process(pid),
    isMapped: ({ space }, address) =>
      space !== undefined &&
      machine.inspector
        .mappings(machine.provider.label(space))
        .some(({ start, end }) => start <= address && address < end),
    instruction: (process, pc) => instructionText(machine, images, process, pc),
    place: (process, pc) => placeText(images, process, pc),
  };
}
