import { DYNAMIC_ROUNDING } from '../riscv/instruction.ts';
import { Op } from '../riscv/op.ts';
import { Decoded } from './code-cache.ts';
import * as compare from './float/compare.ts';
import * as convert from './float/convert.ts';
import * as double from './float/double.ts';
import { Rounding, setSingleBits, singleBits, type FloatFile } from './float/float-file.ts';
import * as single from './float/single.ts';

const SIGN = 0x8000_0000;

/**
 * Executes a floating-point operation that neither loads nor stores. f registers are given by number, `x` and `xs` are
 * the indices in `FloatFile.i32` of the low words of the integer destination and source; `packed` is the second word
 * of the decoded instruction (see code-cache.ts).
 * @returns false when the rounding mode is a reserved one: an illegal instruction.
 */
export function executeFloat(
  file: FloatFile,
  op: Op,
  rd: number,
  rs1: number,
  rs2: number,
  x: number,
  xs: number,
  packed: number,
): boolean {
  const { i32, base } = file;
  // Operations without a rounding mode have funct3, below 3, in its place: it passes the check and is not used.
  const field = packed & 7;
  const mode = field === DYNAMIC_ROUNDING ? (i32[file.fcsr] >>> 5) & 7 : field;
  if (mode > 4) return false;
  const rounding: Rounding = mode;
  switch (op) {
    case Op.FaddD:
      double.addDouble(file, rd, rs1, rs2, rounding);
      break;
    case Op.FsubD:
      double.subtractDouble(file, rd, rs1, rs2, rounding);
      break;
    case Op.FmulD:
      double.multiplyDouble(file, rd, rs1, rs2, rounding);
      break;
    case Op.FdivD:
      double.divideDouble(file, rd, rs1, rs2, rounding);
      break;
    case Op.FsqrtD:
      double.squareRootDouble(file, rd, rs1, rounding);
      break;
    case Op.FmaddD:
    case Op.FmsubD:
    case Op.FnmsubD:
    case Op.FnmaddD: {
      const negate = double.negation(op >= Op.FnmsubD, op === Op.FmsubD || op === Op.FnmaddD);
      double.multiplyAddDouble(file, rd, rs1, rs2, packed >>> Decoded.Rs3Shift, negate, rounding);
      break;
    }
    case Op.FaddS:
      single.addSingle(file, rd, rs1, rs2, rounding);
      break;
    case Op.FsubS:
      single.subtractSingle(file, rd, rs1, rs2, rounding);
      break;
    case Op.FmulS:
      single.multiplySingle(file, rd, rs1, rs2, rounding);
      break;
    case Op.FdivS:
      single.divideSingle(file, rd, rs1, rs2, rounding);
      break;
    case Op.FsqrtS:
      single.squareRootSingle(file, rd, rs1, rounding);
      break;
    case Op.FmaddS:
    case Op.FmsubS:
    case Op.FnmsubS:
    case Op.FnmaddS: {
      const negate = double.negation(op >= Op.FnmsubS, op === Op.FmsubS || op === Op.FnmaddS);
      single.multiplyAddSingle(file, rd, rs1, rs2, packed >>> Decoded.Rs3Shift, negate, rounding);
      break;
    }
    case Op.FsgnjD:
    case Op.FsgnjnD:
    case Op.FsgnjxD: {
      const from = (base + rs1) * 2;
      const to = (base + rd) * 2;
      const high = withSign(op - Op.FsgnjD, i32[from + 1], i32[(base + rs2) * 2 + 1]);
      i32[to] = i32[from];
      i32[to + 1] = high;
      break;
    }
    case Op.FsgnjS:
    case Op.FsgnjnS:
    case Op.FsgnjxS:
      setSingleBits(file, rd, withSign(op - Op.FsgnjS, singleBits(file, rs1), singleBits(file, rs2)));
      break;
    case Op.FminD:
    case Op.FmaxD:
      compare.minMaxDouble(file, rd, rs1, rs2, op === Op.FminD);
      break;
    case Op.FminS:
    case Op.FmaxS:
      compare.minMaxSingle(file, rd, rs1, rs2, op === Op.FminS);
      break;
    case Op.FmvXD: {
      const from = (base + rs1) * 2;
      i32[x] = i32[from];
      i32[x + 1] = i32[from + 1];
      break;
    }
    case Op.FmvDX: {
      const to = (base + rd) * 2;
      i32[to] = i32[xs];
      i32[to + 1] = i32[xs + 1];
      break;
    }
    case Op.FmvXW:
      // The raw low half, boxed or not.
      putWord(i32, x, i32[(base + rs1) * 2]);
      break;
    case Op.FmvWX:
      setSingleBits(file, rd, i32[xs]);
      break;
    case Op.FeqD:
    case Op.FltD:
    case Op.FleD:
      putWord(i32, x, compare.compareDouble(file, rs1, rs2, op - Op.FeqD));
      break;
    case Op.FeqS:
    case Op.FltS:
    case Op.FleS:
      putWord(i32, x, compare.compareSingle(file, rs1, rs2, op - Op.FeqS));
      break;
    case Op.FclassD:
      putWord(i32, x, compare.classifyDouble(file, rs1));
      break;
    case Op.FclassS:
      putWord(i32, x, compare.classifySingle(file, rs1));
      break;
    case Op.FcvtWD:
    case Op.FcvtWuD:
    case Op.FcvtLD:
    case Op.FcvtLuD:
      convert.doubleToInteger(file, x, rs1, op - Op.FcvtWD, rounding);
      break;
    case Op.FcvtWS:
    case Op.FcvtWuS:
    case Op.FcvtLS:
    case Op.FcvtLuS:
      convert.singleToInteger(file, x, rs1, op - Op.FcvtWS, rounding);
      break;
    case Op.FcvtDW:
    case Op.FcvtDWu:
    case Op.FcvtDL:
    case Op.FcvtDLu:
      convert.integerToDouble(file, rd, xs, op - Op.FcvtDW, rounding);
      break;
    case Op.FcvtSW:
    case Op.FcvtSWu:
    case Op.FcvtSL:
    case Op.FcvtSLu:
      convert.integerToSingle(file, rd, xs, op - Op.FcvtSW, rounding);
      break;
    case Op.FcvtSD:
      convert.doubleToSingle(file, rd, rs1, rounding);
      break;
    case Op.FcvtDS:
      convert.singleToDouble(file, rd, rs1);
      break;
    default:
      throw new Error(`not a floating-point operation: ${op}`);
  }
  return true;
}

function putWord(i32: Int32Array, to: number, value: number): void {
  i32[to] = value;
  i32[to + 1] = value >> 31;
}

/** The word `bits` with its sign bit replaced (`kind` 0), replaced by the inverse (1), or flipped by `sign`'s (2). */
function withSign(kind: number, bits: number, sign: number): number {
  if (kind === 2) return bits ^ (sign & SIGN);
  return (bits & ~SIGN) | ((kind === 0 ? sign : ~sign) & SIGN);
}
