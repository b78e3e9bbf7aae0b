import type { Instruction } from '../riscv/instruction.ts';
import { Op } from '../riscv/op.ts';
import { X } from '../riscv/registers.ts';
import { isCallerSaved, registerValue } from './frame.ts';
import type { Frame } from './frame.ts';
import { instructionAt } from './instruction-at.ts';

/** What the code of a function up to some address has done to the stack. */
interface Layout {
  /** Bytes that sp has been lowered by. */
  readonly size: number;
  /** Of each saved register the distance of its slot from the stack pointer on entry. */
  readonly saved: ReadonlyMap<number, number>;
  /** The distance of the frame pointer from the stack pointer on entry, where the function has set it. */
  readonly framePointer?: number;
  /** sp was lowered by a register (alloca): only the frame pointer tells where it was. */
  readonly isDynamic?: boolean;
}

/** More code than a prologue, with what the compiler moved into it, ever has before the first call. */
const LONGEST = 1 << 14;
const EMPTY: Layout = { size: 0, saved: new Map() };

/**
 * Unwinds a frame of a function without call frame information (glibc's fork, for one) by reading its code from `start`:
 * where sp is lowered, and where registers are stored on the stack. Undefined where that leads nowhere.
 */
export function unwindByPrologue(frame: Frame, start: number): Frame | undefined {
  const { registers, read } = frame;
  const layout = layoutAt(frame, start);
  const sp = registerValue(registers, X.Sp);
  if (layout === undefined || sp === undefined) return undefined;
  const framePointer = registerValue(registers, X.Fp);
  const isByFramePointer = layout.isDynamic && layout.framePointer !== undefined && framePointer !== undefined;
  const entry = isByFramePointer ? Number(framePointer) - layout.framePointer : Number(sp) + layout.size;
  const x = Array.from(registers.x, (value, number) => {
    const slot = layout.saved.get(number);
    if (slot !== undefined) return load(frame, entry + slot);
    if (number === X.Sp) return BigInt(entry);
    return isCallerSaved(number) ? undefined : value;
  });
  // Not stored yet: the function has just begun, or calls nobody.
  if (!layout.saved.has(X.Ra) && !frame.isCaller) x[X.Ra] = registers.x[X.Ra];
  const ra = x[X.Ra];
  if (ra === undefined || ra === 0n || read(Number(ra & ~1n), 2) === undefined) return undefined;
  const f = Array.from(registers.f, (value, number) => (isCallerSaved(number + 32) ? undefined : value));
  return { pc: Number(ra & ~1n), isCaller: true, registers: { x, f }, read };
}

/** Follows the code in the order of its addresses, as if no branch were taken. */
function layoutAt({ pc, read }: Frame, start: number): Layout | undefined {
  if (pc < start || pc - start > LONGEST) return undefined;
  let layout = EMPTY;
  /** What it was before an epilogue: the code behind that was jumped to from before it. */
  let body = EMPTY;
  let isPopped = false;
  for (let at = start; at < pc;) {
    const instruction = instructionAt(read, at);
    if (instruction === undefined) return undefined;
    const next = follow(layout, instruction);
    if (next.size < layout.size) {
      body = layout;
      isPopped = true;
    }
    layout = next;
    // Nothing falls through: a return, or a call in its place.
    if (isJump(instruction)) {
      if (isPopped) layout = body;
      isPopped = false;
    }
    at += instruction.length;
  }
  return layout;
}

function follow(layout: Layout, { op, rd, rs1, rs2, imm }: Instruction): Layout {
  if (op === Op.Addi && rd === X.Sp && rs1 === X.Sp) return { ...layout, size: layout.size - imm };
  if (op === Op.Addi && rd === X.Fp && rs1 === X.Sp) return { ...layout, framePointer: imm - layout.size };
  if (op === Op.Sub && rd === X.Sp && rs1 === X.Sp) return { ...layout, isDynamic: true };
  // Only the first store of a register holds what the caller had in it.
  if (op === Op.Sd && rs1 === X.Sp && isKept(rs2) && !layout.saved.has(rs2))
    return { ...layout, saved: new Map([...layout.saved, [rs2, imm - layout.size]]) };
  return layout;
}

function isKept(register: number): boolean {
  return register === X.Ra || !isCallerSaved(register);
}

function isJump({ op, rd }: Instruction): boolean {
  return (op === Op.Jalr || op === Op.Jal) && rd === X.Zero;
}

function load({ read }: Frame, address: number): bigint | undefined {
  const bytes = read(address, 8);
  return bytes?.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
