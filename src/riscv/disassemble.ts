import { DYNAMIC_ROUNDING, type Instruction } from './instruction.ts';
import { Op, mnemonicOf } from './op.ts';
import { Csr, F_NAMES, X, X_NAMES, csrName } from './registers.ts';

export interface Disassembly {
  readonly mnemonic: string;
  /** Comma-separated as GNU objdump prints them; empty when there are none. A target is given as bare hex digits. */
  readonly operands: string;
  /** Where a direct jump or a branch goes, an address below 2^64 computed modulo 2^64 (inexact above 2^53). */
  readonly target?: number;
}

/** The text of `instruction` at address `va`, with the aliases that GNU objdump prefers (`li`, `mv`, `ret`, `beqz`). */
export function disassemble(instruction: Instruction, va: number): Disassembly {
  const { op } = instruction;
  if (op === Op.Illegal) return unknown(instruction);
  if (op <= Op.Bgeu) return jump(instruction, va);
  if (op <= Op.Sd || (op >= Op.Flw && op <= Op.Fsd)) return memory(instruction);
  if (op <= Op.Sraw || (op >= Op.Mul && op <= Op.Remuw)) return integer(instruction);
  if (op === Op.Fence) return fence(instruction);
  if (op <= Op.Ebreak) return text(mnemonicOf(op));
  if (op <= Op.Csrrci) return csr(instruction);
  if (op <= Op.AmoMaxuD) return atomic(instruction);
  return float(instruction);
}

function text(mnemonic: string, ...operands: (string | number)[]): Disassembly {
  return { mnemonic, operands: operands.join(',') };
}

const x = (register: number): string => X_NAMES[register];
const f = (register: number): string => F_NAMES[register];
const hex = (value: number): string => `0x${value.toString(16)}`;

function unknown({ imm, length }: Instruction): Disassembly {
  if (length === 2) return imm === 0 ? text('unimp') : text('.2byte', hex(imm & 0xffff));
  return text('.4byte', hex(imm >>> 0));
}

function jump(instruction: Instruction, va: number): Disassembly {
  const { op, rd, rs1, rs2, imm } = instruction;
  switch (op) {
    case Op.Lui:
    case Op.Auipc:
      return text(mnemonicOf(op), x(rd), hex(imm >>> 12));
    case Op.Jal:
      if (rd === X.Zero) return direct('j', [], va + imm);
      return direct('jal', rd === X.Ra ? [] : [x(rd)], va + imm);
    case Op.Jalr: {
      if (rd === X.Zero && rs1 === X.Ra && imm === 0) return text('ret');
      const to = imm === 0 ? x(rs1) : `${imm}(${x(rs1)})`;
      if (rd === X.Zero) return text('jr', to);
      return rd === X.Ra ? text('jalr', to) : text('jalr', x(rd), to);
    }
    default:
      return branch(mnemonicOf(op), rs1, rs2, va + imm);
  }
}

function direct(mnemonic: string, operands: readonly string[], to: number): Disassembly {
  const target = to < 0 ? to + 2 ** 64 : to;
  return { ...text(mnemonic, ...operands, hex(target)), target };
}

/** Comparisons with zero have an alias on either side, except for equality (only rs2) and unsigned order (none). */
function branch(mnemonic: string, rs1: number, rs2: number, to: number): Disassembly {
  const signed = mnemonic === 'blt' || mnemonic === 'bge';
  if (signed && rs1 === X.Zero && (rs2 !== X.Zero || mnemonic === 'bge'))
    return direct(mnemonic === 'blt' ? 'bgtz' : 'blez', [x(rs2)], to);
  if (rs2 === X.Zero && !mnemonic.endsWith('u')) return direct(`${mnemonic}z`, [x(rs1)], to);
  return direct(mnemonic, [x(rs1), x(rs2)], to);
}

function memory({ op, rd, rs1, rs2, imm }: Instruction): Disassembly {
  const address = `${imm}(${x(rs1)})`;
  if (op === Op.Flw || op === Op.Fld) return text(mnemonicOf(op), f(rd), address);
  if (op === Op.Fsw || op === Op.Fsd) return text(mnemonicOf(op), f(rs2), address);
  return text(mnemonicOf(op), x(op <= Op.Lwu ? rd : rs2), address);
}

function integer(instruction: Instruction): Disassembly {
  const { op, rd, rs1, rs2, imm, length } = instruction;
  switch (op) {
    case Op.Addi:
      if (rd === X.Zero && rs1 === X.Zero && imm === 0) return text('nop');
      if (rs1 === X.Zero) return text('li', x(rd), imm);
      // c.addi with no immediate is a HINT, which is not spelt as a move.
      if (imm === 0 && !(length === 2 && rd === rs1)) return text('mv', x(rd), x(rs1));
      break;
    case Op.Add:
      if (length === 2 && rs1 === X.Zero) return text('mv', x(rd), x(rs2));
      break;
    case Op.Xori:
      if (imm === -1) return text('not', x(rd), x(rs1));
      break;
    case Op.Andi:
      if (imm === 255) return text('zext.b', x(rd), x(rs1));
      break;
    case Op.Addiw:
      if (imm === 0) return text('sext.w', x(rd), x(rs1));
      break;
    case Op.Sltiu:
      if (imm === 1) return text('seqz', x(rd), x(rs1));
      break;
    case Op.Sub:
    case Op.Subw:
      if (rs1 === X.Zero) return text(op === Op.Sub ? 'neg' : 'negw', x(rd), x(rs2));
      break;
    case Op.Slt:
      if (rs2 === X.Zero) return text('sltz', x(rd), x(rs1));
      if (rs1 === X.Zero) return text('sgtz', x(rd), x(rs2));
      break;
    case Op.Sltu:
      if (rs1 === X.Zero) return text('snez', x(rd), x(rs2));
      break;
    default:
  }
  if ((op >= Op.Slli && op <= Op.Srai) || (op >= Op.Slliw && op <= Op.Sraiw))
    return text(mnemonicOf(op), x(rd), x(rs1), hex(imm));
  if ((op >= Op.Addi && op <= Op.Andi) || op === Op.Addiw) return text(mnemonicOf(op), x(rd), x(rs1), imm);
  return text(mnemonicOf(op), x(rd), x(rs1), x(rs2));
}

function fence({ imm }: Instruction): Disassembly {
  const TSO = 0x833;
  const EVERYTHING = 0x0ff;
  const PAUSE = 0x010;
  if (imm === TSO) return text('fence.tso');
  if (imm === EVERYTHING) return text('fence');
  if (imm === PAUSE) return text('pause');
  const set = (bits: number): string => [...'iorw'].filter((_, index) => bits & (8 >> index)).join('') || 'unknown';
  return text('fence', set((imm >> 4) & 15), set(imm & 15));
}

const FLOAT_CSR_ALIAS: ReadonlyMap<number, string> = new Map<number, string>([
  [Csr.Fcsr, 'csr'],
  [Csr.Frm, 'rm'],
  [Csr.Fflags, 'flags'],
]);

function csr({ op, rd, rs1, imm }: Instruction): Disassembly {
  const number = imm & 0xfff;
  const name = csrName(number);
  const immediate = op >= Op.Csrrwi;
  const source = immediate ? rs1 : x(rs1);
  const floatAlias = FLOAT_CSR_ALIAS.get(number);
  if (op === Op.Csrrs && rs1 === X.Zero) {
    if (floatAlias !== undefined) return text(`fr${floatAlias}`, x(rd));
    return number >= Csr.Cycle && number <= Csr.Instret ? text(`rd${name}`, x(rd)) : text('csrr', x(rd), name);
  }
  if (op === Op.Csrrw && rd === X.Zero && rs1 === X.Zero && number === Csr.Cycle) return text('unimp');
  if (op === Op.Csrrw && floatAlias !== undefined)
    return rd === X.Zero ? text(`fs${floatAlias}`, source) : text(`fs${floatAlias}`, x(rd), source);
  if (op === Op.Csrrwi && floatAlias !== undefined && number !== Csr.Fcsr)
    return text(`fs${floatAlias}i`, x(rd), source);
  if (rd === X.Zero) return text(mnemonicOf(op).replace('csrr', 'csr'), name, source);
  return text(mnemonicOf(op), x(rd), name, source);
}

function atomic({ op, rd, rs1, rs2, imm }: Instruction): Disassembly {
  const mnemonic = `${mnemonicOf(op)}${['', '.rl', '.aq', '.aqrl'][imm & 3]}`;
  const address = `(${x(rs1)})`;
  return op === Op.LrW || op === Op.LrD ? text(mnemonic, x(rd), address) : text(mnemonic, x(rd), x(rs2), address);
}

const ROUNDING = ['rne', 'rtz', 'rdn', 'rup', 'rmm', 'unknown', 'unknown', 'dyn'];

function float(instruction: Instruction): Disassembly {
  const { op, rd, rs1, rs2, rs3, rm } = instruction;
  const mnemonic = mnemonicOf(op);
  const name = mnemonic.slice(0, mnemonic.indexOf('.'));
  // The dynamic mode is what the assembler emits when none is written.
  const rounding = rm === DYNAMIC_ROUNDING ? [] : [ROUNDING[rm]];
  switch (name) {
    case 'fmadd':
    case 'fmsub':
    case 'fnmsub':
    case 'fnmadd':
      return text(mnemonic, f(rd), f(rs1), f(rs2), f(rs3), ...rounding);
    case 'fadd':
    case 'fsub':
    case 'fmul':
    case 'fdiv':
      return text(mnemonic, f(rd), f(rs1), f(rs2), ...rounding);
    case 'fsqrt':
      return text(mnemonic, f(rd), f(rs1), ...rounding);
    case 'fsgnj':
    case 'fsgnjn':
    case 'fsgnjx':
      if (rs1 === rs2) return text(SIGN_ALIAS[name] + mnemonic.slice(-2), f(rd), f(rs1));
      return text(mnemonic, f(rd), f(rs1), f(rs2));
    case 'fmin':
    case 'fmax':
      return text(mnemonic, f(rd), f(rs1), f(rs2));
    case 'feq':
    case 'flt':
    case 'fle':
      return text(mnemonic, x(rd), f(rs1), f(rs2));
    case 'fclass':
      return text(mnemonic, x(rd), f(rs1));
    case 'fmv':
      return mnemonic.startsWith('fmv.x') ? text(mnemonic, x(rd), f(rs1)) : text(mnemonic, f(rd), x(rs1));
    default:
      return conversion(mnemonic, instruction, rounding);
  }
}

const SIGN_ALIAS = { fsgnj: 'fmv', fsgnjn: 'fneg', fsgnjx: 'fabs' } as const;

function conversion(mnemonic: string, { rd, rs1, rm }: Instruction, rounding: readonly string[]): Disassembly {
  const [, to, from] = mnemonic.split('.') as [string, string, string];
  const isFloat = (format: string): boolean => format === 's' || format === 'd';
  // Exact conversions are assembled with mode rne, which is then not shown.
  const exact = to === 'd' && (from === 's' || from.startsWith('w'));
  const shown = exact && rm === 0 ? [] : rounding;
  return text(mnemonic, isFloat(to) ? f(rd) : x(rd), isFloat(from) ? f(rs1) : x(rs1), ...shown);
}
