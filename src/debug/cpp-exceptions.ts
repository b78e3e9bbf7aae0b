import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { virtAddr } from '../memory/address.ts';
import type { ImageTable } from '../program/images.ts';
import { X } from '../riscv/registers.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { exceptionAt, exceptionOfHeader, thrownObject, type Thrown } from '../symbols/thrown-object.ts';
import { leafResult } from '../symbols/leaf-function.ts';
import { wordAt } from '../symbols/paged-memory.ts';

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
    const registers = this.machine.registers(task);
    const [first, second] = [Number(registers.x(X.A0)), Number(registers.x(X.A1))];
    const read = this.#reader(task.process, registers.x(X.Tp));
    if (name === '__cxa_throw') return thrownObject(first, second, read);
    if (name === '__cxa_begin_catch') return exceptionOfHeader(first, read);
    // The exception that is being handled is the first of the thread's list.
    const globals = this.#globals(task, read, registers.x(X.Sp));
    const header = globals === undefined ? undefined : wordAt(globals, read);
    return header ? exceptionAt(header + HEADER_SIZE, read) : undefined;
  }

  /** What `__cxa_get_globals` computes. */
  #globals({ process }: Task, read: ReadMemory, sp: bigint): number | undefined {
    for (const { symbols } of this.images.of(process)) {
      const start = symbols?.symbol('__cxa_get_globals_fast')?.va ?? symbols?.symbol('__cxa_get_globals')?.va;
      const found = start === undefined ? undefined : leafResult(read, start, sp);
      if (found !== undefined) return Number(found);
    }
    return undefined;
  }

  #reader(process: Process, threadPointer: bigint): ReadMemory {
    const read = (address: number, length: number): Uint8Array | undefined => {
      if (!Number.isSafeInteger(address) || address < 0) return undefined;
      const bytes = this.machine.read(process, virtAddr(address), length);
      return bytes.length === length ? bytes : undefined;
    };
    return Object.assign(read, { threadPointer });
  }
}

/** Of an exception that is being handled, up to its object. */
const HEADER_SIZE = 112;

/** `Throw of std::bad_alloc: "std::bad_alloc"`. */
export function exceptionText({ kind, isAgain, thrown }: ExceptionEvent): string {
  const verb = kind === 'catch' ? 'Caught' : isAgain ? 'Thrown again' : 'Thrown';
  if (!thrown) return `${verb}: an exception`;
  return `${verb}: ${thrown.type}${thrown.what === undefined ? '' : `: ${thrown.what}`}`;
}
