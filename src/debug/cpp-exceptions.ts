import type { Task } from '../linux/task.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { handledException, threadMemory } from '../program/handled-exception.ts';
import type { ImageTable } from '../program/images.ts';
import { X } from '../riscv/registers.ts';
import { exceptionOfHeader, thrownObject, type Thrown } from '../symbols/thrown-object.ts';

/** A C++ exception is about to be thrown, or its handler to run: what the library's function for that is called with. */
export interface ExceptionEvent {
  readonly kind: 'throw' | 'catch';
  readonly pid: number;
  readonly tid: number;
  /** `throw;` in a handler. */
  readonly isAgain: boolean;
  /** Undefined where it is of another language, or damaged. */
  readonly thrown: Thrown | undefined;
}

/** What filters stop at. */
export type StopEvent = MachineEvent | ExceptionEvent;

export function isException(event: StopEvent): event is ExceptionEvent {
  return event.kind === 'throw' || event.kind === 'catch';
}

/** The functions of the C++ ABI's library (Itanium C++ ABI for exceptions, 2.4 and 2.5). */
const FUNCTIONS = { __cxa_throw: 'throw', __cxa_rethrow: 'throw', __cxa_begin_catch: 'catch' } as const;
type FunctionName = keyof typeof FUNCTIONS;

/** Where programs throw and catch exceptions. Looked up when execution goes on, so that libraries may come at any time. */
export class CppExceptions {
  #byAddress = new Map<number, FunctionName>();

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
  ) {}

  /** The addresses to stop at for some kinds. @param wants whether a filter does that kind */
  addresses(wants: (kind: ExceptionEvent['kind']) => boolean): Iterable<number> {
    this.#byAddress = new Map();
    const names = (Object.keys(FUNCTIONS) as FunctionName[]).filter((name) => wants(FUNCTIONS[name]));
    if (names.length > 0)
      for (const { symbols } of this.images.all())
        for (const name of names) {
          const at = symbols?.symbol(name)?.va;
          if (at !== undefined) this.#byAddress.set(at, name);
        }
    return this.#byAddress.keys();
  }

  /** What a task that is about to execute an address throws or catches. */
  eventAt(task: Task, address: number): ExceptionEvent | undefined {
    const name = this.#byAddress.get(address);
    // Another process may have other code there.
    if (!name || this.images.at(task.process, address)?.symbols?.symbol(name)?.va !== address) return undefined;
    const { process, tid } = task;
    return {
      kind: FUNCTIONS[name],
      pid: process.pid,
      tid,
      isAgain: name === '__cxa_rethrow',
      thrown: this.#thrown(task, name),
    };
  }

  #thrown(task: Task, name: FunctionName): Thrown | undefined {
    if (name === '__cxa_rethrow') return handledException(this.machine, this.images, task);
    const registers = this.machine.registers(task);
    const [first, second] = [Number(registers.x(X.A0)), Number(registers.x(X.A1))];
    const read = threadMemory(this.machine, task.process, registers.x(X.Tp));
    return name === '__cxa_throw' ? thrownObject(first, second, read) : exceptionOfHeader(first, read);
  }
}

/** `Thrown: std::bad_alloc: "std::bad_alloc"`. */
export function exceptionText({ kind, isAgain, thrown }: ExceptionEvent): string {
  const verb = kind === 'catch' ? 'Caught' : isAgain ? 'Thrown again' : 'Thrown';
  if (!thrown) return `${verb}: an exception`;
  return `${verb}: ${thrown.type}${thrown.what === undefined ? '' : `: ${thrown.what}`}`;
}
