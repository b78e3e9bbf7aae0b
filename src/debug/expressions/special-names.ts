import { DOUBLE, INT, LONG, pointerTo, UNSIGNED_LONG } from '../../expressions/c-types.ts';
import type { Meaning } from '../../expressions/names.ts';
import { ACCESS_NAMES } from '../../inspect/explain.ts';
import { mappingName } from '../../inspect/mapping-view.ts';
import { spaceOf } from '../../inspect/spaces.ts';
import type { StopEvent } from '../cpp-exceptions.ts';
import { toHex, type VirtAddr } from '../../memory/address.ts';
import { F_NAMES, registerByName, X, X_NAMES, type RegisterName } from '../../riscv/registers.ts';
import { err, ok } from '../../result.ts';
import { FIRST_FLOAT, registerValue } from '../../symbols/frame.ts';
import type { Unavailable } from '../../symbols/storage.ts';
import { VOID, type Type } from '../../symbols/type.ts';
import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { baseName } from '../../program/source-map.ts';
import { floatText } from '../scopes/registers.ts';
import { pageIn } from './address-functions.ts';
import type { DebugMoment } from './debug-moment.ts';

type Special = Meaning<DebugMoment>;

const ADDRESS: Type = pointerTo(VOID);
const CODE: Type = pointerTo({ kind: 'function', returns: VOID, parameters: [], isVariadic: false });

/** What `$name` stands for: a register, or something that the debugger knows of the task, the stop and the machine. */
export function specialMeaning(name: string): Special | undefined {
  if (Object.hasOwn(VARIABLES, name)) return VARIABLES[name].meaning;
  const register = registerByName(name);
  if (register) return register.file === 'x' ? integerRegister(name, register) : floatRegister(name, register);
  return undefined;
}

interface DebuggerVariable {
  readonly meaning: Special;
  /** For who chooses among them. */
  readonly about: string;
}

const VARIABLES: Readonly<Record<string, DebuggerVariable>> = {
  pc: { about: 'the instruction that runs next', meaning: programCounter() },
  fcsr: { about: 'floating-point rounding mode and flags', meaning: controlRegister(0, 0xff) },
  frm: { about: 'floating-point rounding mode', meaning: controlRegister(5, 7) },
  fflags: { about: 'floating-point flags', meaning: controlRegister(0, 0x1f) },
  pid: { about: 'the process', meaning: number(INT, ({ at }) => at.task.process.pid) },
  tid: { about: 'the thread', meaning: number(INT, ({ at }) => at.task.tid) },
  instret: {
    about: 'instructions that the machine has executed',
    meaning: number(UNSIGNED_LONG, ({ machine }) => machine.hart.instret),
  },
  va: {
    about: 'the address that the stop is about',
    meaning: {
      kind: 'value',
      type: ADDRESS,
      read: (moment) => ofAddress(moment, (va) => BigInt(va)),
    },
  },
  access: {
    about: 'load, store or fetch',
    meaning: {
      kind: 'text',
      read: ({ circumstances: { access, event } }) => {
        const found = access ?? (event?.kind === 'fault' ? event.access : undefined);
        return found === undefined ? { unavailable: 'this stop is at no access' } : ACCESS_NAMES[found];
      },
    },
  },
  cause: {
    about: 'why a page fault happened: cow, demand-zero, file, stack-growth, protection',
    meaning: text((event) => (event.kind === 'fault' ? event.cause : undefined), 'is no page fault'),
  },
  frame: {
    about: 'the frame that the page of $va is in',
    meaning: {
      kind: 'value',
      type: INT,
      read: (moment) => {
        const { violation } = moment.circumstances;
        if (violation?.frame !== undefined) return BigInt(violation.frame);
        return ofPage(moment, (page, va) =>
          page ? BigInt(page.frame) : { unavailable: `no page is present at ${toHex(va)}` },
        );
      },
      present: (_, value) => ({ text: toHex(value) }),
    },
  },
  refcount: {
    about: 'how many references the frame of $va has',
    meaning: {
      kind: 'value',
      type: INT,
      read: (moment) => {
        const { violation } = moment.circumstances;
        if (violation?.frame === undefined) return ofPage(moment, (page) => BigInt(page?.refcount ?? 0));
        return BigInt(moment.machine.inspector.references(violation.frame, violation.va ?? (0 as VirtAddr)));
      },
    },
  },
  mapping: {
    about: 'the name of the mapping that $va lies in',
    meaning: {
      kind: 'text',
      read: (moment) =>
        ofAddress(moment, (va, space) => {
          const mappings = space === undefined ? [] : moment.machine.inspector.mappings(space);
          const found = mappings.find(({ start, end }) => start <= va && va < end);
          return found ? mappingName(found) : 'none';
        }),
    },
  },
  event: { about: 'the kind of event that the stop is about', meaning: text(({ kind }) => kind, '') },
  signal: {
    about: 'the signal that is delivered: SIGSEGV',
    meaning: text((event) => (event.kind === 'signal' ? event.name : undefined), 'is no signal'),
  },
  exception: {
    about: 'the type of the C++ exception that is thrown or caught: std::bad_alloc',
    meaning: text(
      (event) => (event.kind === 'throw' || event.kind === 'catch' ? (event.thrown?.type ?? 'unknown') : undefined),
      'is at no exception of C++',
    ),
  },
  child: {
    about: 'the process that a fork made',
    meaning: eventNumber((event) => ('child' in event ? event.child : undefined), 'is no fork'),
  },
  invariant: {
    about: 'the number of the invariant that is broken',
    meaning: {
      kind: 'value',
      type: INT,
      read: ({ circumstances: { violation } }) =>
        violation ? BigInt(violation.invariant) : { unavailable: 'this stop is at no broken invariant' },
    },
  },
  exitcode: {
    about: 'what the process that ends returns',
    meaning: eventNumber(exitCodeOf, 'is no exit'),
  },
  _inferior: { about: 'the process, as gdb calls it', meaning: number(INT, ({ at }) => at.task.process.pid) },
  _thread: { about: 'the thread, as gdb calls it', meaning: number(INT, ({ at }) => at.task.tid) },
  _exitcode: { about: '$exitcode, as gdb calls it', meaning: eventNumber(exitCodeOf, 'is no exit') },
  function: {
    about: 'the function of yours that is executed, with its namespaces',
    meaning: ofPerson(({ name }) => name),
  },
  file: { about: 'its source file, without the folder', meaning: ofPerson(({ line }) => line && baseName(line.file)) },
  line: {
    about: 'the line that it is at',
    meaning: {
      kind: 'value',
      type: INT,
      read: ({ person }) => BigInt(person()?.line?.line ?? 0),
    },
  },
  hits: {
    about: 'how often the breakpoint was reached',
    meaning: {
      kind: 'value',
      type: LONG,
      read: ({ circumstances: { hits } }) =>
        hits === undefined ? { unavailable: 'only conditions of breakpoints have it' } : BigInt(hits),
    },
  },
};

/** All names that can follow a `$`. */
export const SPECIAL_NAMES: readonly string[] = [...Object.keys(VARIABLES), ...X_NAMES, ...F_NAMES, 'fp'];

/** What a `$name` is, in a few words; nothing for registers. */
export function aboutSpecial(name: string): string | undefined {
  return Object.hasOwn(VARIABLES, name) ? VARIABLES[name].about : undefined;
}

const INNERMOST_ONLY = 'can be set in the innermost frame only';

function integerRegister(name: string, { index }: RegisterName): Special {
  const type = index === X.Ra ? CODE : POINTERS.has(index) ? ADDRESS : LONG;
  return {
    kind: 'value',
    type,
    read({ at }) {
      const bits = registerValue(at.frame.registers, index);
      return bits === undefined ? NOT_SAVED : type === LONG ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits);
    },
    present: ({ at }, value) => ({ text: describeAddress(at.image, BigInt.asUintN(64, value as bigint)) }),
    write({ at, machine }, value) {
      if (at.calls > 0) return err(`$${name} ${INNERMOST_ONLY}`);
      machine.registers(at.task).setX(index, BigInt.asUintN(64, value as bigint));
      return ok();
    },
  };
}

/** Registers that hold addresses of data: sp, gp, tp and the frame pointer. */
const POINTERS: ReadonlySet<number> = new Set([X.Sp, X.Gp, X.Tp, X.Fp]);
const NOT_SAVED: Unavailable = { unavailable: 'the functions that this one has called did not save it' };

function floatRegister(name: string, { index }: RegisterName): Special {
  return {
    kind: 'value',
    type: DOUBLE,
    read({ at }) {
      const bits = registerValue(at.frame.registers, FIRST_FLOAT + index);
      return bits === undefined ? NOT_SAVED : numberIn(bits);
    },
    present: ({ at }) => ({ text: floatText(at.frame.registers.f[index]!) }),
    write({ at, machine }, value) {
      if (at.calls > 0) return err(`$${name} ${INNERMOST_ONLY}`);
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, Number(value), true);
      machine.registers(at.task).setF(index, view.getBigUint64(0, true));
      return ok();
    },
  };
}

/** The number in a register: NaN-boxed ones are singles (unprivileged manual, "NaN Boxing"). */
function numberIn(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  return view.getUint32(4, true) === 0xffff_ffff ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function programCounter(): Special {
  return {
    kind: 'value',
    type: CODE,
    read: ({ at }) => BigInt(at.frame.pc),
    present: ({ at }, value) => ({ text: describeAddress(at.image, value as bigint) }),
    write({ at, machine }, value) {
      if (at.calls > 0) return err(`$pc ${INNERMOST_ONLY}`);
      const pc = value as bigint;
      if (pc < 0n || pc >= 2n ** 47n || pc % 2n !== 0n) return err(`${toHex(pc)} is no address of an instruction`);
      machine.registers(at.task).pc = Number(pc);
      return ok();
    },
  };
}

/** Bits of fcsr (unprivileged manual, 21.2). */
function controlRegister(shift: number, mask: number): Special {
  return {
    kind: 'value',
    type: INT,
    read: ({ at, machine }) =>
      at.calls > 0
        ? { unavailable: 'it is known in the innermost frame only' }
        : BigInt((machine.registers(at.task).fcsr >>> shift) & mask),
    present: (_, value) => ({ text: toHex(value) }),
    write({ at, machine }, value) {
      if (at.calls > 0) return err(`It ${INNERMOST_ONLY}`);
      const registers = machine.registers(at.task);
      registers.fcsr = (registers.fcsr & ~(mask << shift)) | ((Number(value) & mask) << shift);
      return ok();
    },
  };
}

function number(type: Type, read: (moment: DebugMoment) => number): Special {
  return { kind: 'value', type, read: (moment) => BigInt(read(moment)) };
}

function eventNumber(read: (event: StopEvent) => number | undefined, otherwise: string): Special {
  return { kind: 'value', type: INT, read: (moment) => given(moment, read, otherwise, (value) => BigInt(value)) };
}

function ofPerson(read: (frame: StackFrame) => string | undefined): Special {
  return {
    kind: 'text',
    read: ({ person }) => {
      const frame = person();
      return (frame && read(frame)) ?? 'none';
    },
  };
}

function text(read: (event: StopEvent) => string | undefined, otherwise: string): Special {
  return { kind: 'text', read: (moment) => given(moment, read, otherwise, (value) => value) };
}

/** What the event of a stop says; the error names what is missing: `this stop is no page fault`. */
function given<T, R>(
  { circumstances: { event } }: DebugMoment,
  read: (event: StopEvent) => T | undefined,
  otherwise: string,
  use: (value: T) => R,
): R | Unavailable {
  const value = event && read(event);
  if (value !== undefined) return use(value);
  return { unavailable: event ? `this stop ${otherwise}` : 'this stop is at no event' };
}

/** What can be said of the address that a stop is about, and of the space that it is in while that lives. */
function ofAddress<R>(moment: DebugMoment, use: (va: VirtAddr, space: number | undefined) => R): R | Unavailable {
  const { event, violation, va = violation?.va ?? (event && vaOf(event)) } = moment.circumstances;
  return va === undefined ? { unavailable: 'this stop is about no address' } : use(va, spaceOfStop(moment));
}

/** What can be said of the page there. */
function ofPage<R>(moment: DebugMoment, use: (page: ReturnType<typeof pageIn>, va: VirtAddr) => R): R | Unavailable {
  return ofAddress(moment, (va, space) => use(space === undefined ? undefined : pageIn(moment.machine, space, va), va));
}

function spaceOfStop({ machine, at, circumstances: { violation } }: DebugMoment): number | undefined {
  const broken = violation?.space;
  if (broken === undefined) return spaceOf(machine, at.task.process);
  return machine.inspector.spaces().some(({ space }) => space === broken) ? broken : undefined;
}

function vaOf(event: StopEvent): VirtAddr | undefined {
  if ('va' in event) return event.va;
  if ('start' in event) return event.start;
  return event.kind === 'signal' && event.address !== undefined && event.address < 2n ** 47n
    ? (Number(event.address) as VirtAddr)
    : undefined;
}

function exitCodeOf(event: StopEvent): number | undefined {
  if (event.kind !== 'exit') return undefined;
  return event.status.kind === 'exited' ? event.status.code : 128 + event.status.signal;
}
