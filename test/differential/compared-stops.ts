import assert from 'node:assert/strict';
import { parseElf } from '../../src/symbols/elf-file.ts';
import { placeOf } from '../../src/symbols/frame.ts';
import type { Frame, ReadMemory } from '../../src/symbols/frame.ts';
import { innermostFrame } from '../../src/symbols/symbol-file.ts';
import type { SymbolFile } from '../../src/symbols/symbol-file.ts';
import type { Variable } from '../../src/symbols/variables.ts';
import type { GdbFrame, GdbStop, GdbVariable } from './gdb-stops.ts';

/** gdb shows registers that a call may have changed as they are now, and pointers to no memory as null. */
const UNKNOWN_HERE = [
  'optimised out (its register was not saved)',
  'optimised out (it points to something that is not in memory)',
];

/**
 * Compares the call stack of a stop and the variables in it with what gdb has there.
 * @param isExact whether gdb lists the same variables, as it does where nothing is optimised.
 * @returns how many variables had the same value.
 */
export function compareStop(file: SymbolFile, elf: Uint8Array, stop: GdbStop, isExact: boolean): number {
  let compared = 0;
  const registers = { x: stop.x.map(BigInt), f: stop.f.map(BigInt) };
  let frame: Frame | undefined = innermostFrame(Number(stop.frames[0].pc), registers, memoryOf(elf, stop));
  for (const group of framesOnStack(stop.frames)) {
    const holder = group.at(-1)!;
    const where = `${holder.name} ${holder.pc}`;
    assert.ok(frame !== undefined, `no frame for ${where}`);
    assert.equal(`0x${frame.pc.toString(16)}`, holder.pc, where);
    assert.equal(frame.registers.x[2], BigInt(holder.sp), where);
    if (frame.isCaller) assert.equal(frame.registers.x[10], undefined, 'a0 does not survive calls');
    const place = placeOf(frame);
    assert.equal(plainName(file.functionAt(place)?.name), plainName(holder.name), where);
    const activations = file.activationsAt(place);
    if (holder.variables)
      assert.deepEqual(
        activations.map(({ name, line, isInlined }) => [plainName(name), line?.line ?? 0, isInlined]),
        group.map(({ name, line, inlined }) => [plainName(name), line, inlined]),
        where,
      );
    else assert.equal(file.lineAt(place)?.line ?? 0, holder.line, where);
    for (const [level, { variables }] of group.entries())
      compared += compareVariables(file, frame, level, onceEach(variables ?? []), isExact, where);
    frame = file.unwind(frame);
  }
  // gdb stops at main, or earlier where libc has no unwinding tables; the rest of the stack leads to the entry point and no further.
  let last: string | undefined;
  for (let depth = 0; frame !== undefined; depth++) {
    assert.ok(depth < 12);
    last = file.functionAt(placeOf(frame))?.name;
    frame = file.unwind(frame);
  }
  assert.equal(last, '_start');
  return compared;
}

function compareVariables(
  file: SymbolFile,
  frame: Frame,
  level: number,
  expected: readonly GdbVariable[],
  isExact: boolean,
  where: string,
): number {
  let compared = 0;
  const { locals, arguments: parameters } = file.variablesAt(placeOf(frame), level);
  const visible = [...locals, ...parameters];
  if (isExact) assert.deepEqual(visible.map(({ name }) => name).sort(), expected.map(({ name }) => name).sort(), where);
  for (const variable of expected) {
    const ours = visible.find(
      ({ name, declaration }) => name === variable.name && (declaration?.line ?? 0) === variable.line,
    );
    const what = `${variable.name} of ${where}`;
    // gdb lists variables of inlined blocks that are not there.
    if (ours === undefined && variable.unavailable) continue;
    assert.ok(ours !== undefined, what);
    if (compareValue(file, frame, ours, variable, what)) compared++;
  }
  return compared;
}

function compareValue(file: SymbolFile, frame: Frame, ours: Variable, gdb: GdbVariable, what: string): boolean {
  const value = file.evaluateVariable(ours, frame);
  if ('unavailable' in value) {
    if (UNKNOWN_HERE.includes(value.unavailable)) return false;
    // gdb gives the address that a reference holds; what is there may be outside the memory that it wrote down.
    const unread = /^cannot read memory at (0x[0-9a-f]+)$/.exec(value.unavailable);
    if (unread && gdb.address !== undefined && gdb.type.endsWith('&')) {
      assert.equal(Number(unread[1]), Number(gdb.address), what);
      return true;
    }
    assert.ok(gdb.unavailable ?? gdb.error, `${what}: gdb has ${JSON.stringify(gdb)}, we say ${value.unavailable}`);
    return true;
  }
  assert.ok(!gdb.unavailable, `${what}: gdb has none, we say ${value.value}`);
  if (gdb.integer !== undefined) assert.equal(numberIn(value.value), BigInt(gdb.integer), `${what} = ${value.value}`);
  else if (gdb.float !== undefined) assert.equal(Number(value.value), Number(gdb.float), `${what} = ${value.value}`);
  else if (gdb.address !== undefined && value.address !== undefined && !gdb.type.endsWith('&'))
    assert.equal(value.address, Number(gdb.address), what);
  else return false;
  return true;
}

/** The number in a shown value: `97 'a'`, `GREEN (5)`, `true`, `0x10 "text"`. */
function numberIn(value: string): bigint {
  if (value === 'true' || value === 'false') return value === 'true' ? 1n : 0n;
  const match = /\((-?\d+)\)$/.exec(value) ?? /^(-?\w+)/.exec(value);
  return BigInt(match![1]);
}

/** gdb's frames by the frame on the stack that they share: inlined calls first, then the function that holds the code. */
function framesOnStack(frames: readonly GdbFrame[]): GdbFrame[][] {
  const groups: GdbFrame[][] = [];
  let group: GdbFrame[] = [];
  for (const frame of frames) {
    group.push(frame);
    if (frame.inlined) continue;
    groups.push(group);
    group = [];
  }
  return groups;
}

/** gdb lists some variables of inlined calls a second time, as optimised out. */
function onceEach(variables: readonly GdbVariable[]): GdbVariable[] {
  const isSame = (a: GdbVariable, b: GdbVariable): boolean => a.name === b.name && a.line === b.line;
  return variables.filter(
    (one, index) =>
      !variables.some(
        (other, at) => at !== index && isSame(one, other) && one.unavailable && (!other.unavailable || at < index),
      ),
  );
}

/** gdb leaves out gcc's `.part.0` and adds the parameters of C++ functions. */
function plainName(name: string | null | undefined): string | undefined {
  return name?.replace(/\.part(\.\d+)?$/, '').replace(/\(.*$/, '');
}

/** What gdb has read, and the program's own code and constants. */
export function memoryOf(elf: Uint8Array, stop: GdbStop): ReadMemory {
  const bytes = new Map<number, number>();
  for (const [address, hex] of stop.memory)
    Buffer.from(hex, 'hex').forEach((byte, index) => bytes.set(Number(address) + index, byte));
  const parsed = parseElf(elf);
  assert.ok(parsed.ok);
  const { segments } = parsed.elf;
  const byteAt = (address: number): number | undefined => {
    const known = bytes.get(address);
    if (known !== undefined) return known;
    const segment = segments.find((one) => address >= one.address && address < one.address + one.fileSize);
    return segment && elf[segment.fileOffset + address - segment.address];
  };
  return (address, length) => {
    const found = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      const byte = byteAt(address + index);
      if (byte === undefined) return undefined;
      found[index] = byte;
    }
    return found;
  };
}
