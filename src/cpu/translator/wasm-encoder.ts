/** Value types of the WebAssembly binary format. */
export const enum ValueType {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
}

/** The type of a block that leaves nothing on the stack. */
const EMPTY_BLOCK = 0x40;

/** The opcodes that the translator uses (WebAssembly core specification, appendix "Index of Instructions"). */
export const enum Wasm {
  Unreachable = 0x00,
  Block = 0x02,
  Loop = 0x03,
  If = 0x04,
  Else = 0x05,
  End = 0x0b,
  Br = 0x0c,
  BrIf = 0x0d,
  BrTable = 0x0e,
  Return = 0x0f,
  CallIndirect = 0x11,
  Drop = 0x1a,
  Select = 0x1b,
  LocalGet = 0x20,
  LocalSet = 0x21,
  LocalTee = 0x22,

  I32Load = 0x28,
  I64Load = 0x29,
  F32Load = 0x2a,
  F64Load = 0x2b,
  I32Load16S = 0x2e,
  I64Load8S = 0x30,
  I64Load8U = 0x31,
  I64Load16S = 0x32,
  I64Load16U = 0x33,
  I64Load32S = 0x34,
  I64Load32U = 0x35,
  I32Store = 0x36,
  I64Store = 0x37,
  F32Store = 0x38,
  F64Store = 0x39,
  I32Store8 = 0x3a,
  I32Store16 = 0x3b,
  I64Store8 = 0x3c,
  I64Store16 = 0x3d,
  I64Store32 = 0x3e,

  I32Const = 0x41,
  I64Const = 0x42,
  F32Const = 0x43,
  F64Const = 0x44,

  I32Eqz = 0x45,
  I32Eq = 0x46,
  I32Ne = 0x47,
  I32LtS = 0x48,
  I32LtU = 0x49,
  I32GtS = 0x4a,
  I32GtU = 0x4b,
  I32LeU = 0x4d,
  I32GeS = 0x4e,
  I32GeU = 0x4f,
  I64Eqz = 0x50,
  I64Eq = 0x51,
  I64Ne = 0x52,
  I64LtS = 0x53,
  I64LtU = 0x54,
  I64GtS = 0x55,
  I64GtU = 0x56,
  I64LeU = 0x58,
  I64GeS = 0x59,
  I64GeU = 0x5a,
  F32Eq = 0x5b,
  F32Ne = 0x5c,
  F32Lt = 0x5d,
  F32Gt = 0x5e,
  F32Le = 0x5f,
  F32Ge = 0x60,
  F64Eq = 0x61,
  F64Ne = 0x62,
  F64Lt = 0x63,
  F64Gt = 0x64,
  F64Le = 0x65,
  F64Ge = 0x66,

  I32Add = 0x6a,
  I32Sub = 0x6b,
  I32Mul = 0x6c,
  I32DivS = 0x6d,
  I32DivU = 0x6e,
  I32RemS = 0x6f,
  I32RemU = 0x70,
  I32And = 0x71,
  I32Or = 0x72,
  I32Xor = 0x73,
  I32Shl = 0x74,
  I32ShrS = 0x75,
  I32ShrU = 0x76,
  I64Add = 0x7c,
  I64Sub = 0x7d,
  I64Mul = 0x7e,
  I64DivS = 0x7f,
  I64DivU = 0x80,
  I64RemS = 0x81,
  I64RemU = 0x82,
  I64And = 0x83,
  I64Or = 0x84,
  I64Xor = 0x85,
  I64Shl = 0x86,
  I64ShrS = 0x87,
  I64ShrU = 0x88,

  F32Abs = 0x8b,
  F32Neg = 0x8c,
  F32Ceil = 0x8d,
  F32Floor = 0x8e,
  F32Nearest = 0x90,
  F32Sqrt = 0x91,
  F32Add = 0x92,
  F32Sub = 0x93,
  F32Mul = 0x94,
  F32Div = 0x95,
  F32Min = 0x96,
  F32Max = 0x97,
  F64Abs = 0x99,
  F64Neg = 0x9a,
  F64Ceil = 0x9b,
  F64Floor = 0x9c,
  F64Trunc = 0x9d,
  F64Nearest = 0x9e,
  F64Sqrt = 0x9f,
  F64Add = 0xa0,
  F64Sub = 0xa1,
  F64Mul = 0xa2,
  F64Div = 0xa3,
  F64Min = 0xa4,
  F64Max = 0xa5,

  I32WrapI64 = 0xa7,
  I64ExtendI32S = 0xac,
  I64ExtendI32U = 0xad,
  I64TruncF64S = 0xb0,
  I64TruncF64U = 0xb1,
  F32ConvertI64S = 0xb4,
  F32ConvertI64U = 0xb5,
  F32DemoteF64 = 0xb6,
  F64ConvertI64S = 0xb9,
  F64ConvertI64U = 0xba,
  F64PromoteF32 = 0xbb,
  I32ReinterpretF32 = 0xbc,
  I64ReinterpretF64 = 0xbd,
  F32ReinterpretI32 = 0xbe,
  F64ReinterpretI64 = 0xbf,
  I64Extend8S = 0xc2,
  I64Extend16S = 0xc3,
  I64Extend32S = 0xc4,
}

/** Vector opcodes, which follow a prefix: those of the SIMD and relaxed SIMD proposals that the translator uses. */
export const enum Vector {
  F32x4Splat = 0x13,
  F64x2Splat = 0x14,
  F32x4ExtractLane = 0x1f,
  F64x2ExtractLane = 0x21,
  F32x4RelaxedMadd = 0x105,
  F64x2RelaxedMadd = 0x107,
}

const VECTOR_PREFIX = 0xfd;

const f64Bits = new DataView(new ArrayBuffer(8));

/** A growing sequence of bytes with the encodings of the binary format: LEB128 integers, instructions, vectors. */
export class WasmCode {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** What was written, not copied. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.grow(1);
    this.#bytes[this.length++] = value;
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of a safe integer. */
  s64(value: number): void {
    if (value === (value | 0)) {
      this.s32(value);
      return;
    }
    let rest = value;
    while (rest < -64 || rest > 63) {
      const low = ((rest % 128) + 128) % 128;
      this.byte(low | 0x80);
      rest = (rest - low) / 128;
    }
    this.byte(rest & 0x7f);
  }

  name(text: string): void {
    this.u32(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  op(opcode: Wasm): void {
    this.byte(opcode);
  }

  vector(opcode: Vector.F32x4Splat | Vector.F64x2Splat | Vector.F32x4RelaxedMadd | Vector.F64x2RelaxedMadd): void {
    this.byte(VECTOR_PREFIX);
    this.u32(opcode);
  }

  /** Replaces a vector by its first lane. */
  firstLane(opcode: Vector.F32x4ExtractLane | Vector.F64x2ExtractLane): void {
    this.byte(VECTOR_PREFIX);
    this.u32(opcode);
    this.byte(0);
  }

  localGet(local: number): void {
    this.byte(Wasm.LocalGet);
    this.u32(local);
  }

  localSet(local: number): void {
    this.byte(Wasm.LocalSet);
    this.u32(local);
  }

  localTee(local: number): void {
    this.byte(Wasm.LocalTee);
    this.u32(local);
  }

  i32Const(value: number): void {
    this.byte(Wasm.I32Const);
    this.s32(value);
  }

  /** @param value a safe integer */
  i64Const(value: number): void {
    this.byte(Wasm.I64Const);
    this.s64(value);
  }

  /** A 64-bit constant that need not be a safe integer. */
  i64ConstBits(value: bigint): void {
    this.byte(Wasm.I64Const);
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  f32Const(value: number): void {
    this.byte(Wasm.F32Const);
    f64Bits.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.byte(f64Bits.getUint8(i));
  }

  f64Const(value: number): void {
    this.byte(Wasm.F64Const);
    f64Bits.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(f64Bits.getUint8(i));
  }

  /** A load or store. `align` is the base-2 logarithm of the alignment hint. */
  access(opcode: Wasm, align: number, offset: number): void {
    this.byte(opcode);
    this.byte(align);
    this.u32(offset);
  }

  /** `block`, `loop` or `if` without a result. */
  open(opcode: Wasm.Block | Wasm.Loop | Wasm.If): void {
    this.byte(opcode);
    this.byte(EMPTY_BLOCK);
  }

  /** `if` with a result. */
  openIf(result: ValueType): void {
    this.byte(Wasm.If);
    this.byte(result);
  }

  br(depth: number): void {
    this.byte(Wasm.Br);
    this.u32(depth);
  }

  brIf(depth: number): void {
    this.byte(Wasm.BrIf);
    this.u32(depth);
  }

  brTable(depths: readonly number[], otherwise: number): void {
    this.byte(Wasm.BrTable);
    this.u32(depths.length);
    for (const depth of depths) this.u32(depth);
    this.u32(otherwise);
  }

  /** A call through table 0 of a function with type 0; the operands are its arguments, then the slot. */
  callIndirect(): void {
    this.byte(Wasm.CallIndirect);
    this.u32(0);
    this.u32(0);
  }

  private grow(by: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + by));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}

/** Locals of one type, in the order of their indices. */
export interface LocalGroup {
  readonly count: number;
  readonly type: ValueType;
}

/** A module with one function, `f`, of type (i32, i32) -> i32 over the guest memory. */
export interface FunctionModule {
  readonly locals: readonly LocalGroup[];
  /** Instructions, with the final `end`. */
  readonly body: Uint8Array;
  /** 64 KiB pages of the imported memory, which does not grow. */
  readonly memoryPages: number;
  /** For profiles and stack traces of the host. */
  readonly name: string;
  /** Entries of the imported table of functions, if there is to be one. */
  readonly tableSize?: number;
}

const enum Section {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Export = 7,
  Code = 10,
}

const FUNCTION_TYPE = 0x60;
/** The subsection of the name section that names functions. */
const FUNCTION_NAMES = 1;
const FUNCTION_REFERENCE = 0x70;

/** What a `FunctionModule` is instantiated with: `{ e: { m: memory, t: table } }`. */
export function encodeModule(module: FunctionModule): Uint8Array<ArrayBuffer> {
  const out = new WasmCode(module.body.length + 128);
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);
  const part = new WasmCode(64);
  const section = (id: Section, write: () => void): void => {
    part.clear();
    write();
    out.byte(id);
    out.u32(part.length);
    out.append(part.bytes);
  };
  section(Section.Type, () => {
    part.u32(1);
    for (const byte of [FUNCTION_TYPE, 2, ValueType.I32, ValueType.I32, 1, ValueType.I32]) part.byte(byte);
  });
  const { tableSize } = module;
  section(Section.Import, () => {
    part.u32(tableSize === undefined ? 1 : 2);
    part.name('e');
    part.name('m');
    for (const byte of [2, 1]) part.byte(byte);
    part.u32(module.memoryPages);
    part.u32(module.memoryPages);
    if (tableSize === undefined) return;
    part.name('e');
    part.name('t');
    for (const byte of [1, FUNCTION_REFERENCE, 1]) part.byte(byte);
    part.u32(tableSize);
    part.u32(tableSize);
  });
  section(Section.Function, () => {
    part.u32(1);
    part.u32(0);
  });
  section(Section.Export, () => {
    part.u32(1);
    part.name('f');
    part.byte(0);
    part.u32(0);
  });
  const locals = new WasmCode(32);
  locals.u32(module.locals.length);
  for (const { count, type } of module.locals) {
    locals.u32(count);
    locals.byte(type);
  }
  const size = new WasmCode(8);
  size.u32(locals.length + module.body.length);
  out.byte(Section.Code);
  out.u32(1 + size.length + locals.length + module.body.length);
  out.u32(1);
  out.append(size.bytes);
  out.append(locals.bytes);
  out.append(module.body);
  section(Section.Custom, () => {
    part.name('name');
    part.byte(FUNCTION_NAMES);
    part.u32(module.name.length + 3);
    part.u32(1);
    part.u32(0);
    part.name(module.name);
  });
  return out.bytes;
}
