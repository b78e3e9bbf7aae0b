import { syscallArguments } from '../inspect/syscall-text.ts';
import { SYSCALL_NAMES } from '../linux/abi/syscall-name.ts';
import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import { toHex, virtAddr } from '../memory/address.ts';
import { disassemble } from '../riscv/disassemble.ts';
import { X } from '../riscv/registers.ts';
import { symbolText } from './address-text.ts';
import type { ImageTable } from './images.ts';
import { decodeAt } from './instruction-bytes.ts';
import { baseName } from './source-map.ts';

/** Where an address is: `main (fork-cow.c:30)`, `write+24` without lines. */
export function placeText(images: ImageTable, process: Process, pc: number): string {
  const image = process.space && images.at(process, pc);
  const line = image?.symbols?.lineAt(pc);
  const name = image?.symbols?.functionAt(pc)?.name;
  return line && name ? `${name} (${baseName(line.file)}:${line.line})` : (symbolText(image, pc) ?? toHex(pc));
}

/** An instruction and where it is: `"sw a5,0(a4)" at main (fork-cow.c:30)`. */
export function instructionText(machine: Machine, images: ImageTable, process: Process, pc: number): string {
  const instruction = decodeAt(machine.read(process, virtAddr(pc), 4));
  const place = `at ${placeText(images, process, pc)}`;
  if (!instruction) return place;
  const { mnemonic, operands } = disassemble(instruction, pc);
  return `"${`${mnemonic} ${operands}`.trim()}" ${place}`;
}

/** The system call that a task at an ecall is about to make: `write(1, "hi", 2)`. */
export function syscallText(machine: Machine, task: Task): string {
  const registers = machine.registers(task);
  const number = Number(BigInt.asIntN(32, registers.x(X.A7)));
  const name = SYSCALL_NAMES.get(number) ?? `syscall_${number}`;
  const args = [0, 1, 2, 3, 4, 5].map((index) => registers.x(X.A0 + index));
  return `${name}(${syscallArguments(machine, { pid: task.process.pid, name, args })})`;
}
