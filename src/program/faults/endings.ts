import type { Task } from '../../linux/task.ts';
import type { MachineEvent } from '../../machine/machine-event.ts';
import type { Machine } from '../../machine/machine.ts';
import type { FaultCause } from '../../platform/fault.ts';
import type { ImageTable } from '../images.ts';
import type { MemoryNames } from '../names/memory-names.ts';
import type { SourcePlaces } from '../source-places.ts';
import { SignalStories } from './signal-stories.ts';
import type { FaultStory } from './story.ts';

/** Page faults that end in a signal. */
const REFUSED: ReadonlySet<FaultCause> = new Set(['protection', 'unmapped', 'past-end']);

/** Tells the story of events that end a program, or would without a handler. */
export class Endings {
  readonly #machine: Machine;
  readonly #stories: SignalStories;
  readonly #places: SourcePlaces;

  constructor(machine: Machine, images: ImageTable, names: MemoryNames, places: SourcePlaces) {
    this.#machine = machine;
    this.#places = places;
    this.#stories = new SignalStories(machine, images, names);
  }

  /**
   * What an event is about that a task stands at; `undefined` for one that ends nothing, or where nothing is known. Where no
   * function of the person's is on the stack, the place is that of the innermost one.
   */
  storyOf(task: Task, event: MachineEvent): FaultStory | undefined {
    const story = this.#storyOf(task, event);
    const place = story && (story.place ?? this.#places.at(event)?.text);
    if (!story || (story.what === '' && place === undefined)) return undefined;
    return place === undefined ? story : { ...story, place };
  }

  #storyOf(task: Task, event: MachineEvent): FaultStory | undefined {
    if (task.state === 'dead') return undefined;
    switch (event.kind) {
      case 'signal': {
        const isRaised = event.action === 'terminate' || (event.action === 'handler' && event.address !== undefined);
        return isRaised ? this.#stories.of(task, event) : undefined;
      }
      case 'fault':
        return REFUSED.has(event.cause)
          ? this.#stories.faults.of(task, { va: BigInt(event.va), access: event.access, isFatal: true })
          : undefined;
      default:
        return undefined;
    }
  }

  /** The same, of the task that an event names. */
  story(event: MachineEvent): FaultStory | undefined {
    const task = this.#machine.tasks().find(({ tid }) => tid === event.tid);
    return task && this.storyOf(task, event);
  }
}
