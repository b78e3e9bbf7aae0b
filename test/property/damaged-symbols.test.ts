import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { parseElf } from '../../src/symbols/elf-file.ts';

/** Freestanding, so that most of the file is symbols and debug information. */
const FLAGS = ['-nostdlib', '-static', '-Wl,--build-id=none'];
/** Nothing of the library is called: nobody runs the program. */
const CPP = ['-std=c++20', '-fno-exceptions', '-Wl,--unresolved-symbols=ignore-all'];
const ORIGINALS = [
  compileGuest('symbols-small.c', ['-O0', '-gdwarf-5', ...FLAGS]),
  compileGuest('symbols-small.c', ['-O2', '-gdwarf-4', ...FLAGS]),
  compileGuest('symbols-small.c', ['-O2', '-gdwarf-5', '-gz=zlib', ...FLAGS]),
  compileGuest('values-objects.cpp', [...CPP, '-O2', '-gdwarf-4', '-fdebug-types-section', ...FLAGS]),
  compileGuest('values-objects.cpp', [...CPP, '-O0', '-gdwarf-5', ...FLAGS]),
  compileGuest('symbols-small.c', ['-O0', '-gdwarf-5', '-g3', ...FLAGS]),
  compileGuest('symbols-small.c', ['-O0', '-gdwarf-4', '-g3', '-gstrict-dwarf', ...FLAGS]),
  compileGuest('thread-locals-library.c', ['-O0', '-g', '-shared', '-fPIC', '-nostdlib', '-Wl,--build-id=none']),
].map(({ bytes }) => bytes);

type Mutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'word'; at: number; value: number }
  | { kind: 'cut'; at: number }
  | { kind: 'splice'; at: number; from: number; length: number };

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: position, bit: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('byte' as const),
      at: position,
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('word' as const),
      at: position,
      value: fc.constantFrom(0, 0xffffffff, 0x7fffffff, 0xfffffff0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: position }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('splice' as const), at: position, from: position, length: fc.nat(64) }),
  },
);

/** Where the sections that this room reads lie in a file: damage elsewhere shows nothing. */
function interesting(bytes: Uint8Array): readonly (readonly [start: number, size: number])[] {
  const parsed = parseElf(bytes);
  assert.ok(parsed.ok);
  const places = parsed.elf.sections
    .filter(({ name }) => /^\.(debug_|eh_frame|symtab|strtab|shstrtab|rela|dynsym|dynamic)/.test(name))
    .map((section) => [section.bytes.byteOffset - bytes.byteOffset, section.bytes.length] as const);
  return [...places, [0, 64], [bytes.length - 64 * parsed.elf.sections.length, 64 * parsed.elf.sections.length]];
}

function mutate(original: Uint8Array, mutations: readonly Mutation[], section: number): Uint8Array {
  let bytes = original.slice();
  const places = interesting(original);
  const [start, size] = places[section % places.length];
  const place = (at: number): number => Math.min(bytes.length - 4, start + Math.floor(at * size));
  const view = new DataView(bytes.buffer);
  for (const change of mutations) {
    const at = Math.max(0, place(change.at));
    switch (change.kind) {
      case 'flip':
        bytes[at] ^= 1 << change.bit;
        break;
      case 'byte':
        bytes[at] = change.value;
        break;
      case 'word':
        view.setUint32(at, change.value, true);
        break;
      case 'splice':
        bytes.copyWithin(at, place(change.from), place(change.from) + change.length);
        break;
      case 'cut':
        break;
    }
  }
  const cut = mutations.find(({ kind }) => kind === 'cut');
  if (cut !== undefined) bytes = bytes.slice(0, Math.floor(cut.at * bytes.length));
  return bytes;
}

/** Asks everything that a debugger asks. */
function exercise(file: SymbolFile, original: SymbolFile): number {
  const start = ['_start', 'main', 'library_fill'].map((name) => original.symbol(name)).find(Boolean)!.va;
  const memory = Uint8Array.from({ length: 256 }, (_, index) => (index * 37) & 0xff);
  const read = (_address: number, length: number): Uint8Array | undefined =>
    length <= memory.length ? memory.subarray(0, length) : undefined;
  const registers = {
    x: Array.from({ length: 32 }, (_, n) => BigInt(0x40000 + n * 16)),
    f: Array<bigint>(32).fill(0n),
  };
  let questions = 0;
  const show = (value: ReturnType<SymbolFile['evaluateVariable']>, depth: number): void => {
    if ('unavailable' in value || depth === 0) return;
    questions++;
    const raw = value.children?.raw?.();
    for (const child of [...(value.children?.slice(0, 5, true) ?? []), ...(raw ? [raw] : [])]) show(child, depth - 1);
  };
  for (const path of [...file.sourceFiles(), ...original.sourceFiles()])
    for (const line of [1, 20, ...file.linesWithCode(path).slice(0, 20)]) {
      questions += 2;
      for (const address of file.addressesForLine(path, line)?.addresses.slice(0, 5) ?? []) file.lineRange(address);
    }
  for (let address = start; address < start + 600; address += 14) {
    file.symbolAt(address);
    file.functionAt(address);
    file.lineAt(address);
    file.lineRange(address);
    file.prologueEnd(address);
    const frame = innermostFrame(address, registers, read);
    const levels = file.activationsAt(address).map((_, level) => file.variablesAt(address, level));
    const macros = file.macrosAt(address, file.lineAt(address));
    for (const name of [...(macros?.names() ?? [])].slice(0, 20)) macros?.macro(name);
    const { locals, arguments: parameters } = file.variablesAt(address);
    questions += 1 + levels.length;
    for (const variable of [...locals, ...parameters].slice(0, 20)) show(file.evaluateVariable(variable, frame), 3);
    let caller = file.unwind(frame);
    questions += 9 + locals.length + parameters.length;
    for (let depth = 0; caller !== undefined && depth < 5; depth++, questions++) caller = file.unwind(caller);
  }
  const frame = innermostFrame(start, registers, read);
  for (const variable of file.globals().slice(0, 50)) show(file.evaluateVariable(variable, frame), 3);
  for (const name of ['first', 'second', 'main']) {
    const calls = file.staticIn(name, 'calls');
    if (calls) show(file.evaluateVariable(calls, frame), 3);
  }
  for (const name of ['library_shown', 'library_hidden', 'errno']) {
    file.knowsThreadLocal(name);
    file.threadLocal(name, frame.read);
    file.declared(name);
  }
  questions += 10;
  file.functionNamed('main');
  file.functionEntries('walk');
  file.symbol('main');
  return questions;
}

test('damaged symbols and debug information never throw and never cost unbounded work', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ORIGINALS),
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      fc.nat(40),
      (original, mutations, section) => {
        const bytes = mutate(original, mutations, section);
        const file = SymbolFile.load(bytes, 'damaged');
        if ('error' in file) {
          assert.match(file.error, /^damaged (is|has) .*\.$/);
          return;
        }
        const whole = SymbolFile.load(original, 'whole');
        assert.ok(!('error' in whole));
        const questions = exercise(file, whole);
        // Whatever the damage, the work stays within a fixed multiple of the file's size.
        const allowance = 2_000_000 + bytes.length * 20;
        assert.ok(
          file.effortSpent <= allowance * 3 + questions * 2000,
          `${file.effortSpent} steps, ${questions} questions`,
        );
        for (const warning of file.buildWarnings) assert.match(warning, /^[A-Z].*\.$/);
      },
    ),
    { numRuns: 1500 },
  );
});

test('a damaged unit does not take the others with it', () => {
  const { bytes } = compileGuest('symbols-tour.cpp', ['-O0', '-gdwarf-5', '-static']);
  const parsed = parseElf(bytes);
  assert.ok(parsed.ok);
  const whole = SymbolFile.load(bytes, 'whole');
  assert.ok(!('error' in whole));
  const main = whole.symbol('main')!.va;
  const expected = whole.lineAt(main);
  assert.ok(expected);
  const damaged = bytes.slice();
  const info = parsed.elf.section('.debug_info')!;
  // The middle of .debug_info belongs to the only unit's types: its functions before that stay.
  damaged.fill(
    0xff,
    info.bytes.byteOffset + (info.bytes.length >> 1),
    info.bytes.byteOffset + (info.bytes.length >> 1) + 64,
  );
  const file = SymbolFile.load(damaged, 'damaged');
  assert.ok(!('error' in file));
  assert.deepEqual(file.lineAt(main), expected);
  assert.equal(file.functionAt(main)?.name, 'main');
  assert.ok(
    file.buildWarnings.some((warning) => warning.includes('symbols-tour.cpp is damaged')),
    file.buildWarnings.join(),
  );
});

test('damaged files of split debug information never throw and never cost unbounded work', () => {
  const folder = mkdtempSync(path.resolve('out/guests/split-'));
  const compile = (...args: string[]): void => {
    execFileSync('riscv64-linux-gnu-gcc', args, { cwd: folder, stdio: 'pipe' });
  };
  const programs = ['-gdwarf-5', '-gdwarf-4'].map((version) => {
    const source = path.resolve('test/guests/symbols-small.c');
    const object = `small${version}.o`;
    compile('-O2', version, '-gsplit-dwarf', '-fdebug-types-section', '-c', source, '-o', object);
    compile(object, ...FLAGS, '-o', 'program');
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, name)));
    return { program: read('program'), split: read(`small${version}.dwo`) };
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...programs),
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      ({ program, split }, mutations, isPackage) => {
        const bytes = mutateWhole(split, mutations);
        const file = SymbolFile.load(program, 'split', 0, (name) =>
          name.endsWith('.dwp') === isPackage ? bytes : undefined,
        );
        const whole = SymbolFile.load(program, 'whole');
        assert.ok(!('error' in file) && !('error' in whole));
        const questions = exercise(file, whole);
        const allowance = 2_000_000 + (program.length + split.length) * 20;
        assert.ok(file.effortSpent <= allowance * 3 + questions * 2000, `${file.effortSpent} steps`);
        for (const warning of file.buildWarnings) assert.match(warning, /\.$/);
      },
    ),
    { numRuns: 300 },
  );
});

/** Changes bytes anywhere in a file. */
function mutateWhole(original: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let bytes = original.slice();
  for (const change of mutations) {
    const at = Math.floor(change.at * (bytes.length - 4));
    if (change.kind === 'cut') bytes = bytes.slice(0, Math.max(64, at));
    else if (change.kind === 'splice') bytes.copyWithin(at, Math.floor(change.from * bytes.length), at + change.length);
    else if (change.kind === 'flip') bytes[at] ^= 1 << change.bit;
    else new DataView(bytes.buffer).setUint32(Math.max(0, Math.min(at, bytes.length - 4)), change.value, true);
  }
  return bytes;
}
