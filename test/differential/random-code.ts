import { decode } from '../../src/riscv/decode.ts';
import type { Instruction } from '../../src/riscv/instruction.ts';
import { Op } from '../../src/riscv/op.ts';
import { writesFloatRegister } from '../../src/riscv/operands.ts';
import { encodeI } from './program.ts';
import type { Random } from './random.ts';

/*
 * Random straight-line code: every RV64GC user-mode instruction except ecall and ebreak, with forward jumps only, and
 * memory accesses only within `SCRATCH_REACH` bytes of the scratch registers.
 */

/** x2 and x8 point to the middle of the scratch memory (x8 because compressed loads cannot name x2), x3 to the block. */
export const SCRATCH_REGISTERS: readonly number[] = [2, 8];
export const BLOCK_REGISTER = 3;
export const SCRATCH_REACH = 2048;

const RESERVED = new Set([...SCRATCH_REGISTERS, BLOCK_REGISTER]);
/** Free for code that needs an address in a register. */
const ADDRESS_REGISTERS = [1, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 20, 31];

/** Some encoded instructions that belong together, in halfwords. A branch's halfwords are made when its place is known. */
type Piece =
  { readonly halves: readonly number[] } | { readonly length: number; readonly branch: (offset: number) => number };

const MAJORS = [0x13, 0x13, 0x1b, 0x33, 0x33, 0x3b, 0x3b, 0x17, 0x37, 0x0f, 0x03, 0x23, 0x07, 0x27];
const FLOAT_MAJORS = [0x53, 0x53, 0x53, 0x53, 0x53, 0x43, 0x47, 0x4b, 0x4f];
const FLOAT_FUNCT5 = [0x00, 0x01, 0x02, 0x03, 0x0b, 0x04, 0x05, 0x08, 0x14, 0x18, 0x1a, 0x1c, 0x1e];
const AMO_FUNCT5 = [0x01, 0x00, 0x04, 0x0c, 0x08, 0x10, 0x14, 0x18, 0x1c];
const ROUNDINGS = [0, 1, 2, 3, 4, 7, 7, 7];

const split = (word: number): number[] => [word & 0xffff, word >>> 16];

export class RandomCode {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The halfwords of about `count` instructions. `floatShare` in four of the plain ones are floating-point. */
  sequence(count: number, floatShare: number): number[] {
    const pieces = Array.from({ length: count }, () => this.piece(floatShare));
    const starts: number[] = [];
    let at = 0;
    for (const piece of pieces) {
      starts.push(at);
      at += 'halves' in piece ? piece.halves.length * 2 : piece.length;
    }
    starts.push(at);
    return pieces.flatMap((piece, index) => {
      if ('halves' in piece) return piece.halves;
      const target = index + 1 + this.#random.below(Math.min(3, pieces.length - index));
      const word = piece.branch(starts[target] - starts[index]);
      return piece.length === 2 ? [word] : split(word);
    });
  }

  private piece(floatShare: number): Piece {
    const random = this.#random;
    switch (random.below(24)) {
      case 0:
        return this.branch();
      case 1:
        return this.compressedBranch();
      case 2:
        return { halves: this.indirectJump() };
      case 3:
      case 4:
        return { halves: this.atomic() };
      case 5:
        return { halves: this.csr() };
      case 6:
      case 7:
      case 8:
        return { halves: [this.compressed()] };
      default:
        return { halves: split(random.below(4) < floatShare ? this.float() : this.plain()) };
    }
  }

  private destination(): number {
    for (;;) {
      const register = this.#random.below(32);
      if (!RESERVED.has(register)) return register;
    }
  }

  private branch(): Piece {
    const random = this.#random;
    if (random.oneIn(4)) {
      const rd = this.destination();
      const branch = (offset: number): number =>
        0x6f | (rd << 7) | (((offset >> 1) & 0x3ff) << 21) | (((offset >> 11) & 1) << 20);
      return { length: 4, branch };
    }
    const fields = 0x63 | (random.pick([0, 1, 4, 5, 6, 7]) << 12) | (random.below(32) << 15) | (random.below(32) << 20);
    const branch = (offset: number): number => fields | ((offset & 0x1e) << 7) | (((offset >> 5) & 0x3f) << 25);
    return { length: 4, branch };
  }

  private compressedBranch(): Piece {
    const random = this.#random;
    // Offsets here stay below 32 bytes, so imm[5] is clear or set and all above it are clear.
    if (random.oneIn(3)) {
      const branch = (offset: number): number =>
        0xa001 | ((offset & 0xe) << 2) | ((offset & 0x10) << 7) | ((offset & 0x20) >> 3) | ((offset & 0x40) << 1);
      return { length: 2, branch };
    }
    const fields = (random.oneIn(2) ? 0xc001 : 0xe001) | (random.below(8) << 7);
    const branch = (offset: number): number =>
      fields | ((offset & 6) << 2) | ((offset & 0x18) << 7) | ((offset & 0x20) >> 3) | ((offset & 0xc0) >> 1);
    return { length: 2, branch };
  }

  /** Loads the address behind itself into a register and jumps there. */
  private indirectJump(): number[] {
    const random = this.#random;
    const register = random.pick(ADDRESS_REGISTERS);
    const auipc = split(0x17 | (register << 7));
    const displacement = random.below(64) - 32;
    const adjust = (length: number): number[] => split(encodeI(0x13, 0, register, register, 8 + length - displacement));
    if (random.oneIn(2)) {
      const compressed = (random.oneIn(2) ? 0x8002 : 0x9002) | (register << 7);
      return [...auipc, ...split(encodeI(0x13, 0, register, register, 10 + random.below(2))), compressed];
    }
    return [...auipc, ...adjust(4), ...split(encodeI(0x67, 0, this.destination(), register, displacement))];
  }

  private atomic(): number[] {
    const random = this.#random;
    const address = random.pick(ADDRESS_REGISTERS);
    const double = random.oneIn(2);
    const step = double ? 8 : 4;
    const spot = (random.below(SCRATCH_REACH / step) - SCRATCH_REACH / step / 2) * step;
    const point = split(encodeI(0x13, 0, address, 2, spot));
    const encode = (funct5: number, rd: number, rs2: number): number[] =>
      split(
        0x2f |
          (rd << 7) |
          ((double ? 3 : 2) << 12) |
          (address << 15) |
          (rs2 << 20) |
          (random.below(4) << 25) |
          (funct5 << 27),
      );
    const other = (): number => {
      const register = this.destination();
      return register === address ? 0 : register;
    };
    switch (random.below(4)) {
      case 0: // The host's LR/SC compares values, so nothing may come between that stores.
        return [...point, ...encode(2, other(), 0), ...encode(3, this.destination(), random.below(32))];
      case 1: // Without a reservation.
        return [...point, ...encode(3, this.destination(), random.below(32))];
      default:
        return [...point, ...encode(random.pick(AMO_FUNCT5), this.destination(), random.below(32))];
    }
  }

  /** Accesses to fflags, frm and fcsr that leave a valid rounding mode. */
  private csr(): number[] {
    const random = this.#random;
    const rd = this.destination();
    const funct3 = random.pick([1, 2, 3, 5, 6, 7]);
    switch (random.below(4)) {
      case 0:
        return split(encodeI(0x73, funct3, rd, random.below(32), 0x001));
      case 1:
        return split(encodeI(0x73, 5, rd, random.below(5), 0x002));
      case 2:
        return split(encodeI(0x73, random.pick([5, 6, 7]), rd, random.below(32), 0x003));
      default:
        return split(encodeI(0x73, 2, rd, 0, random.pick([1, 2, 3])));
    }
  }

  private compressed(): number {
    for (;;) {
      const half = this.#random.int32() & 0xffff;
      if ((half & 3) === 3) continue;
      const instruction = decode(half);
      const { op } = instruction;
      if (op === Op.Jal || op === Op.Jalr || (op >= Op.Beq && op <= Op.Bgeu) || op === Op.Ebreak) continue;
      if (this.accepts(instruction)) return half;
    }
  }

  private plain(): number {
    const random = this.#random;
    for (;;) {
      const major = random.pick(MAJORS);
      let word = (random.int32() & ~0x7f) | major;
      if ((major === 0x33 || major === 0x3b) && !random.oneIn(8))
        word = (word & 0x01ffffff) | (random.pick([0, 1, 0x20]) << 25);
      if ((major & 0x5f) === 0x03) word = (word & ~(31 << 15)) | (random.pick(SCRATCH_REGISTERS) << 15);
      const instruction = decode(word);
      if (this.accepts(instruction)) return word;
    }
  }

  private float(): number {
    const random = this.#random;
    for (;;) {
      const major = random.pick(FLOAT_MAJORS);
      let word = (random.int32() & ~0x7f) | major;
      word = (word & ~(7 << 12)) | (random.pick(ROUNDINGS) << 12);
      word = (word & ~(3 << 25)) | (random.below(2) << 25);
      if (major === 0x53) {
        word = (word & 0x07ffffff) | (random.pick(FLOAT_FUNCT5) << 27);
        if (random.oneIn(2)) word = (word & ~(31 << 20)) | (random.below(4) << 20);
      }
      const instruction = decode(word);
      if (this.accepts(instruction)) return word;
    }
  }

  /** Whether the instruction is legal and keeps to the rules above. */
  private accepts(instruction: Instruction): boolean {
    const { op, rd, rs1, imm } = instruction;
    if (op === Op.Illegal) return false;
    const load = (op >= Op.Lb && op <= Op.Lwu) || op === Op.Flw || op === Op.Fld;
    const store = (op >= Op.Sb && op <= Op.Sd) || op === Op.Fsw || op === Op.Fsd;
    if (load || store) {
      if (!SCRATCH_REGISTERS.includes(rs1) || imm < -SCRATCH_REACH || imm + 8 > SCRATCH_REACH) return false;
    }
    return store || op === Op.Fence || op === Op.FenceI || writesFloatRegister(op) || !RESERVED.has(rd);
  }
}
