import assert from 'node:assert/strict';
import type { VirtAddr } from '../../src/memory/address.ts';
import type { Children, NamedValue } from '../../src/symbols/children.ts';
import { parseElf, SegmentType } from '../../src/symbols/elf-file.ts';
import { placeOf } from '../../src/symbols/frame.ts';
import type { Frame } from '../../src/symbols/frame.ts';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import { stripped, VOID } from '../../src/symbols/type.ts';
import { machineOf } from '../machine-of.ts';
import type { CompiledGuest } from './compiled-guests.ts';
import { runInGdb } from './gdb-stops.ts';

/** What gdb makes of an object: one of the fields. */
interface Tree {
  readonly integer?: string;
  readonly float?: string;
  readonly complex?: string;
  readonly pointer?: string;
  /** Of a pointer to characters. */
  readonly text?: string;
  readonly target?: Tree;
  /** The class of what a pointer points to, where it is not the declared one. */
  readonly dynamic?: string;
  readonly elements?: readonly Tree[];
  readonly members?: readonly (readonly [string, Tree])[];
  readonly printed?: {
    readonly string?: string;
    readonly summary?: string;
    readonly children?: readonly (readonly [string, Tree])[];
  };
  readonly unavailable?: true;
  readonly error?: string;
}

interface GdbFrame {
  readonly name: string;
  readonly line: number;
  readonly inlined: boolean;
  readonly variables?: readonly { readonly name: string; readonly line: number; readonly value: Tree }[];
}

/** Where the C++ library's printers for gdb are, of Debian's package libstdc++6. */
const PRINTERS = '/usr/share/gcc/python';

export interface Compared {
  /** Scalars that were the same. */
  leaves: number;
  variables: number;
  /** Variables that gdb or we had no value for. */
  unavailable: number;
  /** What was different, in words. */
  differences: string[];
}

/**
 * Runs a guest here and in qemu under gdb, and compares what both know at every stop in `checkpoint`: frames up to main,
 * inlined ones included, and all variables in them down to their scalars.
 */
export async function compareWithGdb(guest: CompiledGuest): Promise<Compared> {
  const stops = await runInGdb<GdbFrame[]>(guest.path, 'gdb-values.py', { PRINTERS });
  const compared: Compared = { leaves: 0, variables: 0, unavailable: 0, differences: [] };
  const symbols = SymbolFile.load(guest.bytes, 'guest');
  assert.ok(!('error' in symbols), 'the guest has symbols');
  const machine = machineOf(guest.bytes);
  const entry = symbols.symbol('checkpoint')?.va;
  const at = entry === undefined ? undefined : symbols.prologueEnd(entry);
  assert.ok(at !== undefined && stops.length > 0, 'the guest has checkpoints');
  machine.setBreakpoints([at as VirtAddr]);
  for (const [index, frames] of stops.entries()) {
    const stop = machine.run({ budget: 1e9 });
    assert.equal(stop.kind, 'breakpoint', `stop ${index}`);
    const task = machine.tasks()[0];
    const registers = machine.registers(task);
    const values = {
      x: Array.from({ length: 32 }, (_, number) => registers.x(number)),
      f: Array.from({ length: 32 }, (_, number) => registers.f(number)),
    };
    const read = (address: number, length: number): Uint8Array | undefined => {
      if (!Number.isSafeInteger(address) || address < 0) return undefined;
      const bytes = machine.read(task.process, address as VirtAddr, length);
      return bytes.length === length ? bytes : undefined;
    };
    new StopComparison(symbols, endOfImage(guest.bytes), compared).run(
      frames,
      innermostFrame(registers.pc, values, read),
    );
    machine.run({ budget: 1, steps: 1, focus: task });
  }
  assert.deepEqual(symbols.buildWarnings, []);
  return compared;
}

class StopComparison {
  constructor(
    private readonly symbols: SymbolFile,
    /** Where the addresses end that are the same in all emulators. */
    private readonly end: number,
    private readonly compared: Compared,
  ) {}

  run(frames: readonly GdbFrame[], innermost: Frame): void {
    let frame: Frame | undefined = innermost;
    let level = 0;
    for (const expected of frames) {
      assert.ok(frame !== undefined, `a frame for ${expected.name}`);
      const place = placeOf(frame);
      const activation = this.symbols.activationsAt(place)[level];
      const where = `${expected.name}:${expected.line}`;
      const ours = activation
        ? `${activation.name}:${activation.line?.line ?? 0}${activation.isInlined ? ' inlined' : ''}`
        : this.symbols.functionAt(place)?.name;
      const theirs = `${plainName(expected.name)}:${expected.line}${expected.inlined ? ' inlined' : ''}`;
      if (activation) this.#note(where, plainName(ours!), theirs);
      this.#variables(frame, level, expected, where);
      if (expected.inlined) level++;
      else {
        level = 0;
        frame = this.symbols.unwind(frame);
      }
    }
  }

  #variables(frame: Frame, level: number, { variables = [], line }: GdbFrame, where: string): void {
    const { locals, arguments: parameters } = this.symbols.variablesAt(placeOf(frame), level);
    for (const variable of variables) {
      // Not yet initialised: what is on the stack there differs from run to run.
      if (variable.line > line) continue;
      const ours = [...locals, ...parameters].find(
        ({ name, declaration }) => name === variable.name && (declaration?.line ?? 0) === variable.line,
      );
      const what = `${variable.name} of ${where}`;
      if (ours === undefined) {
        if (!variable.value.unavailable) this.compared.differences.push(`${what}: not found`);
        continue;
      }
      this.compared.variables++;
      const value = this.symbols.evaluateVariable(ours, frame);
      this.#compare(what, { name: variable.name, type: '', ...value }, variable.value, frame);
    }
  }

  #compare(what: string, ours: NamedValue, gdb: Tree, frame: Frame): void {
    if ('unavailable' in ours) {
      // gdb shows registers that a call may have changed as they are now, and parts of what is optimised out.
      this.compared.unavailable++;
      if (!ours.unavailable.includes('optimised out') && !gdb.error && !gdb.unavailable)
        this.compared.differences.push(`${what}: gdb ${JSON.stringify(gdb)}, ours <${ours.unavailable}>`);
      return;
    }
    if (gdb.unavailable || gdb.error !== undefined) {
      this.compared.unavailable++;
      this.compared.differences.push(`${what}: gdb ${gdb.error ?? 'optimised out'}, ours ${ours.value}`);
      return;
    }
    const parts = ours.children;
    if (gdb.integer !== undefined) this.#note(what, numberIn(ours.value)?.toString(), gdb.integer);
    else if (gdb.float !== undefined) this.#float(what, ours.value, gdb.float);
    else if (gdb.complex !== undefined)
      this.#note(what, ours.value.match(NUMBERS)?.map(floatIn).join(), gdb.complex.match(NUMBERS)?.map(floatIn).join());
    else if (gdb.pointer !== undefined) this.#pointer(what, ours, gdb, frame);
    else if (gdb.elements !== undefined) {
      if (!parts) {
        const isText = ours.value.startsWith('"') || ours.value.startsWith('[…]') || ours.value === '[0]';
        if (!isText && gdb.elements.length > 0) this.compared.differences.push(`${what}: no elements, ${ours.value}`);
        return;
      }
      const elements = parts.slice(0, gdb.elements.length);
      gdb.elements.forEach((element, index) => this.#compare(`${what}[${index}]`, elements[index], element, frame));
    } else if (gdb.members !== undefined) this.#members(what, ours, gdb.members, frame);
    else if (gdb.printed) this.#printed(what, ours, gdb.printed, frame);
  }

  #float(what: string, ours: string, gdb: string): void {
    // gdb writes a float with 9 digits, where fewer may do.
    const isSingle = gdb.replace(/^-?0?\.?0*|e.*|\./g, '').length <= 9;
    const isSame = isSingle && Math.fround(Number(ours)) === Math.fround(Number(gdb));
    this.#note(what, isSame ? '' : floatIn(ours), isSame ? '' : floatIn(gdb));
  }

  #pointer(what: string, ours: Exclude<NamedValue, { unavailable: string }>, gdb: Tree, frame: Frame): void {
    const [, dynamic, plain] = /^(?:\((.+?) \*\) )?(0x.*)$/s.exec(ours.value) ?? [];
    if (gdb.target)
      this.#note(`class of *${what}`, dynamic && plainType(dynamic), gdb.dynamic && plainType(gdb.dynamic));
    const [theirs, own] = [Number(gdb.pointer), Number(numberIn(plain ?? ours.value))];
    // Stack and heap lie elsewhere in another emulator.
    const isFixed = theirs < this.end;
    if (isFixed) this.#note(what, String(own), String(theirs));
    else if (own < this.end) this.compared.differences.push(`${what}: a pointer to ${ours.value}`);
    if (gdb.text !== undefined && isFixed) {
      const shown = /^0x[0-9a-f]+ (?:<[^"]*> )?(".*)$/s.exec(ours.value)?.[1];
      if (shown === undefined || !/\\x/.test(shown)) this.#note(`*${what}`, shown, quoted(gdb.text));
    }
    if (!gdb.target || !ours.children) return;
    const [target] = ours.children.slice(0, 1);
    const isWhole = ours.children.count === 1 && target.role === 'target';
    this.#compare(`*${what}`, isWhole ? target : { ...ours, ...pointee(ours) }, gdb.target, frame);
  }

  #members(
    what: string,
    ours: Exclude<NamedValue, { unavailable: string }>,
    members: readonly (readonly [string, Tree])[],
    frame: Frame,
  ): void {
    const all = ours.children?.raw?.() ?? ours;
    const own = 'children' in all ? (all.children?.slice(0, 1000) ?? []) : [];
    const variants = stripped(ours.typeModel);
    if (variants.kind === 'struct' && variants.variants && members.length === 1) {
      const [name, { members: payload = [] }] = members[0];
      if (!ours.value.startsWith('0x')) this.#note(what, /^\w+/.exec(ours.value)?.[0], name);
      this.#members(what, { ...ours, typeModel: VOID }, payload, frame);
      return;
    }
    for (const [name, tree] of members) {
      // Its keys are random; these are the bytes of an address.
      if (name === 'hash_builder' || name === '_M_pod_data') continue;
      const part = own.find(
        (one) => plainType(one.name) === plainType(name) || (name === '' && one.role === 'anonymous'),
      );
      if (part === undefined) this.compared.differences.push(`${what}.${name}: no such member`);
      else this.#compare(`${what}.${name}`, part, tree, frame);
    }
  }

  #printed(
    what: string,
    ours: Exclude<NamedValue, { unavailable: string }>,
    { string, children }: NonNullable<Tree['printed']>,
    frame: Frame,
  ): void {
    if (string !== undefined) {
      const text = string.length > 200 ? `${quoted(string.slice(0, 200))}…` : quoted(string);
      this.#note(what, ours.value, text.replaceAll('\0', '\\0'));
      return;
    }
    const type = stripped(ours.typeModel);
    if (type.kind !== 'struct' || children === undefined) return;
    if (type.name === 'std::any') {
      if (children.length === 0) return;
      const [part] = ours.children?.slice(0, 1) ?? [];
      const all = ours.children!;
      const parts: Children = { count: all.count, isIndexed: all.isIndexed, slice: (...asked) => all.slice(...asked) };
      const value = ours.value.slice(ours.value.indexOf(') ') + 2);
      const held = part?.name === '[held]' ? part : { ...ours, value, typeModel: VOID, children: parts };
      if (children[0][0] === '[contained value]') this.#compare(what, held, children[0][1], frame);
      else this.#note(`length of ${what}`, String(parts.count), String(children.length));
      return;
    }
    if (type.name.startsWith('std::bitset<')) {
      const set = ours.children?.slice(0, 2000).filter((bit) => 'value' in bit && bit.value === 'true');
      this.#note(what, set?.map(({ name }) => name).join(), children.map(([name]) => name).join());
      return;
    }
    const isMap = /^std::(unordered_)?(multi)?map</.test(type.name);
    const isPair = type.name.startsWith('std::pair<');
    const own = ours.children?.isIndexed || isMap || isPair ? (ours.children?.slice(0, 200) ?? []) : undefined;
    if (own === undefined) {
      const isWrapper = /^std::(optional|variant)</.test(type.name);
      if (isWrapper && children.length === 1) this.#compare(what, ours, children[0][1], frame);
      else if (children.length > 0 && !/^std::(unique|shared|weak)_ptr</.test(type.name))
        this.compared.differences.push(`${what}: gdb shows what it holds, ours ${ours.value}`);
      return;
    }
    const values = isMap ? children.filter((_, index) => index % 2 === 1) : children;
    this.#note(`length of ${what}`, String(Math.min(own.length, 60)), String(Math.min(values.length, 60)));
    values.slice(0, 60).forEach(([, tree], index) => {
      if (own[index] === undefined) return;
      // Entries that may share a key are shown as pairs.
      const entry = type.name.includes('multimap<') ? valueOfPair(own[index]) : own[index];
      this.#compare(`${what}[${index}]`, entry, tree, frame);
    });
  }

  #note(what: string, ours: string | undefined, theirs: string | undefined): void {
    if (ours === theirs) this.compared.leaves++;
    else this.compared.differences.push(`${what}: gdb ${theirs}, ours ${ours}`);
  }
}

function endOfImage(bytes: Uint8Array): number {
  const parsed = parseElf(bytes);
  assert.ok(parsed.ok);
  const loaded = parsed.elf.segments.filter(({ type }) => type === SegmentType.Load);
  return Math.max(...loaded.map(({ address, memorySize }) => address + memorySize));
}

function valueOfPair(pair: NamedValue): NamedValue {
  const [, second] = 'children' in pair ? (pair.children?.slice(0, 2) ?? []) : [];
  return second ?? pair;
}

/** The name of a type as gcc, clang and gdb agree on it. */
function plainType(name: string): string {
  return name.replaceAll(/\b(short|long) int\b/g, '$1').replaceAll(/\bconst\b| /g, '');
}

/** A pointer's children are those of what it points to. */
function pointee({ typeModel, children }: Exclude<NamedValue, { unavailable: string }>): object {
  const type = stripped(typeModel);
  if (children?.dynamicClass) return { typeModel: children.dynamicClass };
  return type.kind === 'pointer' ? { typeModel: type.target } : {};
}

/** The number in a shown value: `97 'a'`, `GREEN (5)`, `true`, `0x10 "text"`. */
function numberIn(value: string): bigint | undefined {
  if (value === 'true') return 1n;
  // Rust's unit has no bits; gdb calls it 0.
  if (value === 'false' || value === '()') return 0n;
  const match = /\((-?\d+)\)$/.exec(value) ?? /^(-?(?:0x[0-9a-f]+|\d+))/.exec(value);
  return match ? BigInt(match[1]) : undefined;
}

const NUMBERS = /(?:- |-)?(?:\d[\d.]*(?:e[-+]?\d+)?|inf|nan)/g;

/** A number as both write it: gdb's `-inf` and `nan(0x8000000000000)`, digits beyond a double's left out. */
function floatIn(text: string): string {
  const plain = text.replace('- ', '-');
  if (plain.includes('nan')) return 'nan';
  if (plain.includes('inf')) return plain.startsWith('-') ? '-inf' : 'inf';
  const [, sign, digits, exponent = '0'] = /^(-?)([\d.]+)(?:e([-+]?\d+))?$/.exec(plain) ?? [];
  if (digits === undefined) return text;
  const [whole, fraction = ''] = digits.split('.');
  const significant = (whole + fraction).replace(/^0+/, '');
  const zeros = (whole + fraction).length - significant.length;
  const magnitude = Number(exponent) + whole.length - zeros;
  if (Math.abs(magnitude) < 300)
    return String(Object.is(Number(plain), -0) ? '-0' : Number(Number(plain).toPrecision(15)));
  return `${sign}0.${significant.slice(0, 14).replace(/0+$/, '')}e${magnitude}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function plainName(name: string): string {
  return name.replace(/\.(part|constprop|isra)\.\d+/g, '').replace(/(?<=\w)\(.*?\)( const)?(?=:|$)/, '');
}
