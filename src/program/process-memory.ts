import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { ReadMemory } from '../symbols/frame.ts';

/** Reads the memory of a process as the debugger does, without touching it. */
export function processMemory(machine: Machine, process: Process): ReadMemory {
  return (address, length) => {
    if (!Number.isSafeInteger(address) || address < 0) return undefined;
    const bytes = machine.read(process, address as VirtAddr, length);
    return bytes.length === length ? bytes : undefined;
  };
}
