import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { virtAddr } from '../memory/address.ts';
import { X } from '../riscv/registers.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { leafResult } from '../symbols/leaf-function.ts';
import { wordAt } from '../symbols/paged-memory.ts';
import { exceptionAt, type Thrown } from '../symbols/thrown-object.ts';
import type { ImageTable } from './images.ts';

/** Of an exception that is being handled, up to its object (Itanium C++ ABI for exceptions, 2.2.1). */
const HEADER_SIZE = 112;

/** The C++ exception whose handler a task has entered last: the first of the thread's list, which the library's own function finds. */
export function handledException(machine: Machine, images: ImageTable, task: Task): Thrown | undefined {
  const registers = machine.registers(task);
  const read = threadMemory(machine, task.process, registers.x(X.Tp));
  for (const { symbols } of images.of(task.process)) {
    const start = symbols?.symbol('__cxa_get_globals_fast')?.va ?? symbols?.symbol('__cxa_get_globals')?.va;
    const globals = start === undefined ? undefined : leafResult(read, start, registers.x(X.Sp));
    const header = globals === undefined ? undefined : wordAt(Number(globals), read);
    if (header) return exceptionAt(header + HEADER_SIZE, read);
  }
  return undefined;
}

/** Reads memory as a thread of a process sees it. */
export function threadMemory(machine: Machine, process: Process, threadPointer: bigint): ReadMemory {
  const read = (address: number, length: number): Uint8Array | undefined => {
    if (!Number.isSafeInteger(address) || address < 0) return undefined;
    const bytes = machine.read(process, virtAddr(address), length);
    return bytes.length === length ? bytes : undefined;
  };
  return Object.assign(read, { threadPointer });
}
