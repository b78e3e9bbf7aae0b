import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';

/** Processes that exist, oldest first: zombies too, reaped ones not. */
export function listedProcesses(machine: Machine): Process[] {
  return [...machine.kernel.processes.values()].filter((process) => process.state !== 'reaped');
}

/** The inspector's number of the process's space; `undefined` for a zombie. */
export function spaceOf(machine: Machine, process: Process): number | undefined {
  return process.space && machine.provider.label(process.space);
}

/** Which processes use which space; spaces with the same memory (CLONE_VM) have one list of all of them. */
export function pidsBySpace(machine: Machine): Map<number, number[]> {
  const pids = new Map<number, number[]>();
  for (const process of listedProcesses(machine)) {
    const space = spaceOf(machine, process);
    if (space === undefined) continue;
    const oldest = machine.inspector.oldestWithMemory(space);
    const others = pids.get(oldest) ?? [];
    others.push(process.pid);
    pids.set(oldest, others).set(space, others);
  }
  return pids;
}
