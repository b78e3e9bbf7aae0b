import { Op } from '../../riscv/op.ts';
import type { Instruction } from '../../riscv/instruction.ts';
import { X } from '../../riscv/registers.ts';
import { isCallerSaved } from '../../symbols/frame.ts';
import type { ReadMemory } from '../../symbols/frame.ts';
import { sizeOf } from '../../symbols/type.ts';
import type { StackFrame } from '../call-stack.ts';
import { memoryAccess, type MemoryAccess } from './access.ts';
import type { FrameObjects } from './frame-objects.ts';
import { expressionText, objectText } from './rvalues.ts';
import { lvalueAt, primary } from './lvalues.ts';
import type { Placed } from './straight-code.ts';
import {
  add,
  constant,
  divide,
  multiply,
  only,
  opaque,
  UNKNOWN,
  sumValue,
  unsigned,
  type Atom,
  type Sum,
} from './sums.ts';

/**
 * Follows what registers hold through code that runs straight on, in the words of the source: `p->next`, `4 * i + array`.
 * It begins with the registers that the code does not change, and reads memory as it is now.
 */
export class Trace {
  readonly #registers: Sum[];
  readonly #objects: FrameObjects;
  readonly #read: ReadMemory;
  readonly #image: StackFrame['image'];
  /** What was stored at places without names: the compiler's own. */
  readonly #spilled = new Map<number, Sum>();
  readonly #loaded = new Map<string, Atom>();

  constructor(at: StackFrame, objects: FrameObjects, read: ReadMemory, whole: readonly Placed[]) {
    const code = behindPrologue(whole);
    this.#objects = objects;
    this.#read = read;
    this.#image = at.image;
    const changed = changedBy(code);
    const start = code[0]?.at;
    const before = start === undefined ? () => undefined : objects.inRegistersAt(start);
    this.#registers = Array.from({ length: 32 }, (_, register): Sum => {
      if (register === 0) return constant(0n);
      const value = changed.has(register) ? undefined : at.frame.registers.x[register];
      if (register === X.Sp || register === X.Gp) return value === undefined ? UNKNOWN : constant(value);
      const variable = changed.has(register) ? before(register) : objects.inRegister(register);
      if (variable)
        return only({
          kind: 'value',
          text: variable.name,
          type: variable.type,
          value: value === undefined ? undefined : unsigned(value),
        });
      // What is not changed may be a pointer into the frame.
      return value === undefined ? UNKNOWN : register === X.Fp ? constant(value) : opaque(unsigned(value));
    });
    for (const one of code) this.#step(one);
  }

  register(index: number): Sum {
    return this.#registers[index];
  }

  address({ base, offset }: Pick<MemoryAccess, 'base' | 'offset'>): Sum {
    return add(this.#registers[base], constant(BigInt(offset)));
  }

  #step({ at, instruction }: Placed): void {
    const { op, rd, rs1, rs2, imm } = instruction;
    const a = this.#registers[rs1];
    const b = this.#registers[rs2];
    const access = memoryAccess(instruction);
    if (access) {
      if (access.kind === 'load' && op !== Op.Flw && op !== Op.Fld) this.#set(rd, this.#load(access));
      else if (access.kind === 'store' && op !== Op.Fsw && op !== Op.Fsd) this.#store(access, b);
      else if (access.kind === 'atomic') this.#set(rd, UNKNOWN);
      return;
    }
    switch (op) {
      case Op.Lui:
        return this.#set(rd, constant(BigInt(imm)));
      case Op.Auipc:
        return this.#set(rd, constant(BigInt(at) + BigInt(imm)));
      case Op.Addi: {
        const sum = add(a, constant(BigInt(imm)));
        return this.#set(rd, rs1 === X.Sp || rs1 === X.Fp ? sum : this.#named(sum));
      }
      case Op.Addiw:
        return this.#set(rd, add(a, constant(BigInt(imm))));
      case Op.Add:
        return this.#set(rd, add(a, b));
      case Op.Addw:
        return this.#set(rd, add(a, b));
      case Op.Sub:
        return this.#set(rd, add(a, b, -1n));
      case Op.Subw:
        return this.#set(rd, add(a, b, -1n));
      case Op.Slli:
        return this.#set(rd, multiply(a, 1n << BigInt(imm)));
      case Op.Slliw:
        return this.#set(rd, multiply(a, 1n << BigInt(imm)));
      case Op.Srli:
        return this.#set(rd, divide(a, 1n << BigInt(imm), false));
      case Op.Srai:
        return this.#set(rd, divide(a, 1n << BigInt(imm), true));
      case Op.Mul:
      case Op.Mulw: {
        const product = isConstant(b) ? multiply(a, b.constant) : isConstant(a) ? multiply(b, a.constant) : UNKNOWN;
        return this.#set(rd, product);
      }
      case Op.Jal:
      case Op.Jalr:
        return this.#call(at, instruction);
      default:
        if (writesRegister(op)) this.#set(rd, UNKNOWN);
    }
  }

  #set(register: number, sum: Sum): void {
    if (register !== 0) this.#registers[register] = sum;
  }

  /** An address that an object begins at is that of the object, whatever is added to it later. */
  #named(sum: Sum): Sum {
    if (!isConstant(sum) || sum.constant < 4096n) return sum;
    const object = this.#objects.beginningAt(Number(sum.constant));
    return object ? only(object) : sum;
  }

  #load(access: MemoryAccess): Sum {
    const address = this.address(access);
    const at = sumValue(address);
    const place = at !== undefined && at < 2n ** 53n ? Number(at) : undefined;
    const spilled = place === undefined ? undefined : this.#spilled.get(place);
    if (spilled) return spilled;
    const key = `${place} ${access.size}`;
    const known = place === undefined ? undefined : this.#loaded.get(key);
    if (known) return only(known);
    const lvalue = lvalueAt(address, (where) => this.#objects.at(where));
    const isWhole = lvalue?.type !== undefined && sizeOf(lvalue.type) === access.size;
    const bytes = place === undefined ? undefined : this.#read(place, access.size);
    const atom: Atom = {
      kind: 'value',
      text: lvalue && sourceText(lvalue.text),
      type: isWhole ? lvalue.type : undefined,
      value: bytes && loadedValue(bytes, access.isUnsigned),
      ...(place === undefined ? {} : { address: place, size: access.size }),
    };
    if (place !== undefined) this.#loaded.set(key, atom);
    return only(atom);
  }

  #store(access: MemoryAccess, stored: Sum): void {
    const at = sumValue(this.address(access));
    if (at === undefined || at >= 2n ** 53n) return;
    const place = Number(at);
    if (!this.#objects.at(place)) this.#spilled.set(place, stored);
    const key = `${place} ${access.size}`;
    const old = this.#loaded.get(key);
    if (!old) return;
    this.#loaded.delete(key);
    // Memory has the new value: what was loaded before was another.
    old.isOld = true;
    const [term] = stored.terms ?? [];
    const isStepped = stored.terms?.length === 1 && term.atom === old && term.times === 1n;
    old.value = isStepped && old.value !== undefined ? unsigned(old.value - stored.constant) : undefined;
  }

  /** What a call returns is in a0; the registers that it may change are not known behind it. */
  #call(at: number, { op, rd, rs1, imm }: Instruction): void {
    if (rd === 0) return;
    const to = op === Op.Jalr ? sumValue(this.#registers[rs1]) : undefined;
    const through = to !== undefined && to < 2n ** 47n ? Number(to) + imm : undefined;
    const given = this.#registers.slice(X.A0, X.A0 + 8);
    for (let register = 1; register < 32; register++) if (isCallerSaved(register)) this.#registers[register] = UNKNOWN;
    const target = op === Op.Jal ? at + imm : through;
    const type = target === undefined ? undefined : this.#image?.symbols?.returnTypeAt(target);
    // Of a function that is not described it is not even known whether it returns anything.
    if (target !== undefined && type)
      this.#registers[X.A0] = only({ kind: 'value', text: this.#resultText(target, given), type, value: undefined });
  }

  /** What a function returned, as the source writes the call. */
  #resultText(target: number, given: readonly Sum[]): string | undefined {
    const symbols = this.#image?.symbols;
    const name = symbols?.functionAt(target)?.name;
    if (name === undefined) return undefined;
    const isMember = symbols?.variablesAt(target).arguments.some((one) => one.name === 'this');
    const object = isMember ? objectText(given[0], (address) => this.#objects.at(address)) : undefined;
    if (object === undefined) return `${name}(…)`;
    const [method] = /operator\W+$|[^:]*$/.exec(name)!;
    switch (method) {
      case 'operator->':
      case 'get':
        return object;
      case 'operator*':
        return `*${primary(object)}`;
      case 'operator[]':
        return `${primary(object)}[${expressionText(given[1], (address) => this.#objects.at(address)) ?? '…'}]`;
      default:
        return `${primary(object)}.${method}(…)`;
    }
  }
}

function isConstant(sum: Sum): boolean {
  return sum.terms?.length === 0;
}

function loadedValue(bytes: Uint8Array, isUnsigned: boolean): bigint {
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return isUnsigned ? value : unsigned(BigInt.asIntN(bytes.length * 8, value));
}

/** What a lambda has captured has a name of its own. */
function sourceText(text: string): string {
  return text.replace(/\b__closure->__(\w+)/g, '$1');
}

/** The code from where stack and frame pointer have the values that they have at its end. */
function behindPrologue(code: readonly Placed[]): readonly Placed[] {
  const last = code.findLastIndex(({ instruction: { op, rd, rs1 } }) => {
    const isFramePointer = rd === X.Fp && rs1 === X.Sp;
    return (op === Op.Addi || op === Op.Add) && (rd === X.Sp || isFramePointer);
  });
  return code.slice(last + 1);
}

/** Registers whose values before some code are lost behind it. */
function changedBy(code: readonly Placed[]): Set<number> {
  const changed = new Set<number>();
  for (const { instruction } of code) {
    const { op, rd } = instruction;
    const access = memoryAccess(instruction);
    if (access ? access.kind !== 'store' && op !== Op.Flw && op !== Op.Fld : writesRegister(op)) changed.add(rd);
    if ((op === Op.Jal || op === Op.Jalr) && rd !== 0)
      for (let register = 1; register < 32; register++) if (isCallerSaved(register)) changed.add(register);
  }
  return changed;
}

/** Whether `rd` of an instruction that is no access is one of the x registers: where it is not sure, it is said to be. */
function writesRegister(op: Op): boolean {
  const isBranch = op >= Op.Beq && op <= Op.Bgeu;
  if (op >= Op.FmaddS) return isToInteger(op);
  return !isBranch && op !== Op.Fence && op !== Op.FenceI && op !== Op.Ecall && op !== Op.Ebreak && op !== Op.Illegal;
}

/** Comparisons, classes, moves and conversions of floating-point numbers whose results are integers. */
function isToInteger(op: Op): boolean {
  const isComparison = (op >= Op.FeqS && op <= Op.FmvXW) || (op >= Op.FeqD && op <= Op.FmvXD);
  return isComparison || (op >= Op.FcvtWS && op <= Op.FcvtLuS) || (op >= Op.FcvtWD && op <= Op.FcvtLuD);
}
