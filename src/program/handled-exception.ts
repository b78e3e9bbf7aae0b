import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { X } from '../riscv/registers.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { leafResult } from '../symbols/leaf-function.ts';
import { wordAt } from '../symbols/paged-memory.ts';
import { exceptionOfRecord, type Thrown } from '../symbols/thrown-object.ts';
import type { ImageTable } from './images.ts';
import { processMemory } from './process-memory.ts';

/** The C++ exception whose handler a task has entered last: the first of the thread's list, which the library's own function finds. */
export function handledException(machine: Machine, images: ImageTable, task: Task): Thrown | undefined {
  const registers = machine.registers(task);
  const read = threadMemory(machine, task.process, registers.x(X.Tp));
  for (const { symbols } of images.of(task.process)) {
    const start = symbols?.symbol('__cxa_get_globals_fast')?.va ?? symbols?.symbol('__cxa_get_globals')?.va;
    const globals = start === undefined ? undefined : leafResult(read, start, registers.x(X.Sp));
    const record = globals === undefined ? undefined : wordAt(Number(globals), read);
    if (record) return exceptionOfRecord(record, read);
  }
  return undefined;
}

/** Reads memory as a thread of a process sees it. */
export function threadMemory(machine: Machine, process: Process, threadPointer: bigint): ReadMemory {
  return Object.assign(processMemory(machine, process), { threadPointer });
}
