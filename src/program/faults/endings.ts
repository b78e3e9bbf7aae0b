import type { Task } from '../../linux/task.ts';
import type { MachineEvent } from '../../machine/machine-event.ts';
import type { Machine } from '../../machine/machine.ts';
import { accessText } from '../../inspect/explain.ts';
import { Access } from '../../memory/mmu.ts';
import type { FaultCause } from '../../platform/fault.ts';
import type { ImageTable } from '../images.ts';
import type { MemoryKind } from '../names/memory-name.ts';
import type { MemoryNames } from '../names/memory-names.ts';
import type { SourcePlaces } from '../source-places.ts';
import { SignalStories } from './signal-stories.ts';
import type { FaultStory } from './story.ts';

/** Page faults that end in a signal. */
const REFUSED: ReadonlySet<FaultCause> = new Set(['protection', 'unmapped', 'past-end']);

/** Page faults of the hart that the kernel resolves. */
const RESOLVED: ReadonlySet<FaultCause> = new Set(['cow', 'demand-zero', 'file', 'stack-growth']);

/** Names of no use to a person beside that of the mapping. */
const UNNAMED: ReadonlySet<MemoryKind> = new Set(['section', 'mapping', 'function']);

/** Tells the story of faults, and of events that end a program, or would without a handler. */
export class Endings {
  readonly #machine: Machine;
  readonly #stories: SignalStories;
  readonly #places: SourcePlaces;
  readonly #names: MemoryNames;

  constructor(machine: Machine, images: ImageTable, names: MemoryNames, places: SourcePlaces) {
    this.#machine = machine;
    this.#places = places;
    this.#names = names;
    this.#stories = new SignalStories(machine, images, names);
  }

  /**
   * What an event is about that a task stands at; `undefined` for one that is no fault and ends nothing, or where nothing is
   * known. Where no function of the person's is on the stack, the place is that of the innermost one.
   */
  storyOf(task: Task, event: MachineEvent): FaultStory | undefined {
    if (event.kind === 'fault' && RESOLVED.has(event.cause)) return this.#accessOf(task, event);
    const story = this.#storyOf(task, event);
    const place = story && (story.place ?? this.#places.at(event)?.text);
    if (!story || (story.what === '' && place === undefined)) return undefined;
    return place === undefined ? story : { ...story, place };
  }

  /** The expression of a fault that is no harm, where that is certain, and what lies there; the kernel's accesses have no expression. */
  #accessOf(task: Task, { va, access, by, pid }: Extract<MachineEvent, { kind: 'fault' }>): FaultStory | undefined {
    const isOfHart = by === undefined && task.state !== 'dead' && access !== Access.Execute;
    const known = isOfHart
      ? this.#stories.faults.expressionOf(task, { va: BigInt(va), access, isFatal: false })
      : undefined;
    const process = this.#machine.process(pid);
    const name = process && this.#names.at(process, va);
    // Beside an expression only another name of the same says more.
    if (known && name?.kind !== 'variable' && name?.kind !== 'symbol') return known;
    const story = known ?? { what: accessText(access, va) };
    if (!name || UNNAMED.has(name.kind) || story.what.includes(name.object?.name ?? name.text)) return known;
    return { ...story, at: name.text };
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
