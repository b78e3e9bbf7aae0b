/** ABI names of x0..x31, in order (psABI, "Integer Register Convention"). */
export const X_NAMES: readonly string[] =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(' ');

/** ABI names of f0..f31, in order. */
export const F_NAMES: readonly string[] = (
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 ' +
  'fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'
).split(' ');

/** The integer registers that the calling convention gives a role. */
export const X = {
  Zero: 0,
  Ra: 1,
  Sp: 2,
  Gp: 3,
  Tp: 4,
  /** s0, which is the frame pointer where one is kept. */
  Fp: 8,
  A0: 10,
  A1: 11,
  A2: 12,
  A7: 17,
} as const;

/** Numbers of the control and status registers that user mode may access. */
export const Csr = {
  Fflags: 0x001,
  Frm: 0x002,
  Fcsr: 0x003,
  Cycle: 0xc00,
  Time: 0xc01,
  Instret: 0xc02,
} as const;

const CSR_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [Csr.Fflags, 'fflags'],
  [Csr.Frm, 'frm'],
  [Csr.Fcsr, 'fcsr'],
  [Csr.Cycle, 'cycle'],
  [Csr.Time, 'time'],
  [Csr.Instret, 'instret'],
]);

/** The name of a user-mode CSR, else its number in hex. */
export function csrName(number: number): string {
  return CSR_NAMES.get(number) ?? `0x${number.toString(16)}`;
}

/** One of the 64 registers: which file it is in, and its number there. */
export interface RegisterName {
  readonly file: 'x' | 'f';
  readonly index: number;
}

const BY_NAME: ReadonlyMap<string, RegisterName> = new Map<string, RegisterName>([
  ...X_NAMES.map((name, index) => [name, { file: 'x', index }] as const),
  ...F_NAMES.map((name, index) => [name, { file: 'f', index }] as const),
  ...X_NAMES.map((_, index) => [`x${index}`, { file: 'x', index }] as const),
  ...F_NAMES.map((_, index) => [`f${index}`, { file: 'f', index }] as const),
  ['fp', { file: 'x', index: X.Fp }] as const,
]);

/** The register with this ABI or architectural name (`a0`, `x10`, `fp`, `fa0`, `f10`), or `undefined`. */
export function registerByName(name: string): RegisterName | undefined {
  return BY_NAME.get(name);
}
