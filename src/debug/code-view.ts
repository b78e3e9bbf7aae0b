import type { Task } from '../linux/task.ts';
import type { Machine } from '../machine/machine.ts';
import type { VirtAddr } from '../memory/address.ts';
import type { Instruction } from '../riscv/instruction.ts';
import { X } from '../riscv/registers.ts';
import { CallStack } from './call-stack.ts';
import type { ImageTable } from './images.ts';
import { decodeAt } from './instruction-bytes.ts';

/** A source line of a function and the addresses of its code there. */
export interface LineRanges {
  readonly file: string;
  readonly line: number;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  contains(address: number): boolean;
  /** Whether a statement of the line starts at this address. */
  startsAt(address: number): boolean;
  isSameLine(other: LineRanges): boolean;
}

/** A caller of what a task executes now. */
interface Caller {
  /** Where it goes on. */
  readonly pc: number;
  /** The stack pointer that it then has. */
  readonly sp: number;
  readonly hasLines: boolean;
}

/** What stepping has to know of a task and its code. */
export class CodeView {
  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
  ) {}

  position(task: Task): { pc: number; sp: number } {
    const registers = this.machine.registers(task);
    return { pc: registers.pc, sp: Number(registers.x(X.Sp)) };
  }

  register(task: Task, index: number): bigint {
    return this.machine.registers(task).x(index);
  }

  /** The instruction at an address; `undefined` where nothing is mapped. */
  instruction(task: Task, address: number): Instruction | undefined {
    return decodeAt(this.machine.read(task.process, address as VirtAddr, 4));
  }

  /** The line that the task is at; `undefined` for code without lines. */
  line(task: Task): LineRanges | undefined {
    const { pc } = this.position(task);
    const symbols = this.images.at(task.process, pc)?.symbols;
    const row = symbols?.lineAt(pc);
    if (!symbols || !row) return undefined;
    const ranges = symbols.lineRange(pc) ?? [];
    return {
      file: row.file,
      line: row.line,
      ranges,
      contains: (address) => ranges.some(({ start, end }) => start <= address && address < end),
      startsAt: (address) => {
        const at = symbols.lineAt(address);
        return at !== undefined && at.isStatement && at.start === address;
      },
      isSameLine: (other) => other.file === row.file && other.line === row.line,
    };
  }

  isSameFunction(task: Task, a: number, b: number): boolean {
    const symbols = this.images.at(task.process, a)?.symbols;
    const low = symbols?.functionAt(a)?.low;
    return low !== undefined && low === symbols?.functionAt(b)?.low;
  }

  /** Where the first line of the function begins that the task has just entered; `undefined` when it has no lines. */
  bodyStart(task: Task): number | undefined {
    const { pc } = this.position(task);
    return this.line(task) && this.images.at(task.process, pc)?.symbols?.prologueEnd(pc);
  }

  /** From the innermost out. */
  *callers(task: Task): Generator<Caller, undefined, void> {
    const stack = new CallStack(this.machine, this.images, task);
    for (let level = 1; ; level++) {
      const frame = stack.at(level);
      if (!frame) return undefined;
      const sp = frame.frame.registers.x[X.Sp];
      if (sp === undefined) return undefined;
      yield { pc: frame.frame.pc, sp: Number(sp), hasLines: frame.line !== undefined };
    }
  }
}
