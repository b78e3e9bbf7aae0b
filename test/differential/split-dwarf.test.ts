import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compareStop } from './compared-stops.ts';
import { gdbStops } from './gdb-stops.ts';

/*
 * Debug information that compilers split off a program (-gsplit-dwarf), into .dwo files and packages of them, says the same as
 * what they leave in it. Assemblers for RISC-V leave lengths out of .dwo files: most of this is shown on programs for the
 * computer itself, of which only the symbols are read.
 */

const SOURCES = ['symbols-tour.cpp', 'macros.c'];
/** Macros of the source. gcc leaves the names of macros out of what it splits off, packagers leave out .debug_macinfo. */
const MACROS = ['LIMIT', 'SQ', 'STAGE', 'MAX', 'TEXT'];
const EM_RISCV = 243;

interface Built {
  readonly folder: string;
  readonly bytes: Uint8Array;
}

/** Compiles sources in a folder of their own and links each of them to a program. */
function build(compiler: readonly string[], source: string, flags: readonly string[]): Built {
  mkdirSync('out/guests', { recursive: true });
  const folder = mkdtempSync(path.resolve('out/guests/split-'));
  const run = (...args: string[]): void => {
    execFileSync(compiler[0], [...compiler.slice(1), ...args], { cwd: folder, stdio: 'pipe' });
  };
  const inputs = [source, 'thread-locals-library.c'];
  const objects = inputs.map((name) => `${path.parse(name).name}.o`);
  // The programs need the same names in their debug information.
  inputs.forEach((name, at) => {
    run(
      ...(name.endsWith('.c') ? ['-x', 'c'] : []),
      ...flags,
      '-w',
      '-c',
      path.resolve('test/guests', name),
      '-o',
      objects[at],
    );
  });
  run(...objects, '-no-pie', '-o', 'program');
  return { folder, bytes: new Uint8Array(readFileSync(path.join(folder, 'program'))) };
}

/** A file for this computer as one that we read. */
function asRiscV(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[18] = EM_RISCV;
  changed[19] = 0;
  return changed;
}

const beside =
  (folder: string, isThere: (name: string) => boolean = () => true) =>
  (name: string): Uint8Array | undefined => {
    const file = path.resolve(folder, name);
    return existsSync(file) && isThere(file) ? asRiscV(new Uint8Array(readFileSync(file))) : undefined;
  };

function load({ bytes }: Built, read: (name: string) => Uint8Array | undefined): SymbolFile {
  const file = SymbolFile.load(asRiscV(bytes), '/program', 0, read);
  assert.ok(!('error' in file));
  return file;
}

/** Everything that a file says: functions with their lines, scopes and variables, globals, types, macros. */
function answers(file: SymbolFile): readonly string[] {
  const read = (_address: number, length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, index) => (index * 7) & 0x7f);
  const registers = {
    x: Array.from({ length: 32 }, (_, number) => BigInt(0x7000 + number * 64)),
    f: Array<bigint>(32).fill(0n),
  };
  const names = [...file.functionNames()].sort();
  const functions = names.map((name) => {
    const start = file.functionNamed(name)!;
    const { high } = file.functionAt(start)!;
    const places = [];
    for (let at = start; at < high; at += Math.max(1, Math.ceil((high - start) / 12))) {
      const frame = innermostFrame(at, registers, read);
      const activations = file.activationsAt(at);
      const levels = activations.map(({ name: own, line, ranges }, level) => {
        const { locals, arguments: parameters } = file.variablesAt(at, level);
        const variables = [...parameters, ...locals].map((variable) => {
          const value = file.evaluateVariable(variable, frame);
          return [variable.name, variable.isShadowed, 'value' in value ? `${value.type} ${value.value}` : value];
        });
        return { own, line, ranges, variables };
      });
      places.push({ at, line: file.lineAt(at), levels });
    }
    return { name, start, high, type: JSON.stringify(file.functionType(name)?.kind), places };
  });
  const main = file.functionNamed('main')!;
  const macros = file.macrosAt(main, file.lineAt(main));
  const frame = innermostFrame(main, registers, read);
  const lines = [
    ...functions.map((one) => ['function', one]),
    ...file.globals().map((variable) => [variable.name, file.evaluateVariable(variable, frame)]),
    ...[...file.typeNames()].sort().map((name) => ['type', name]),
    ...[...file.enumeratorNames()].sort().map((name) => ['enumerator', name]),
    ...MACROS.map((name) => ['macro', macros?.macro(name)]),
    ...file.sourceFiles(),
  ];
  const text = (line: unknown): string =>
    JSON.stringify(line, (key, value: unknown) => (SHOWN.has(key) ? undefined : plain(value)));
  return lines.map(text).sort();
}

/** Types are named in their values. */
const SHOWN: ReadonlySet<string> = new Set(['typeModel', 'children']);

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** What the whole file says the split one says, too: gcc keeps some more of what is not used there. */
function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  const said = new Set(actual);
  const lacking = expected.filter((line) => !said.has(line));
  assert.deepEqual(
    lacking.slice(0, 1).map((line) => line.slice(0, 2000)),
    [],
    `${what}: ${lacking.length} lines`,
  );
}

const isNoMacro = (line: string): boolean => !line.startsWith('["macro"');

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

for (const [compiler, isClang] of [
  ['gcc', false],
  ['clang', true],
] as const)
  for (const source of SOURCES)
    for (const flags of [
      ['-O0', '-gdwarf-5'],
      ['-O2', '-gdwarf-5'],
      ['-O0', '-gdwarf-4'],
      ['-O2', '-gdwarf-4'],
      ['-O2', '-gdwarf-5', '-gz', '-fdebug-types-section'],
      ['-O0', '-gdwarf-4', '-fdebug-types-section'],
    ]) {
      // gcc writes location lists that reach too far: to an end of all ones.
      if (!isClang && source.endsWith('.cpp') && flags.includes('-O2') && flags.includes('-gdwarf-4')) continue;
      const more = source === 'macros.c' ? (isClang ? ['-fdebug-macro'] : ['-g3']) : [];
      const all = [...flags, ...more, ...(isClang ? ['-fno-split-dwarf-inlining'] : [])];
      const command = source.endsWith('.cpp') ? [isClang ? 'clang++' : 'g++'] : [compiler];
      test(`split debug information says the same: ${source}, ${compiler} ${flags.join(' ')}`, (context: TestContext) => {
        const whole = build(command, source, all);
        const split = build(command, source, [...all, '-gsplit-dwarf']);
        assert.ok(readdirSync(split.folder).some((name) => name.endsWith('.dwo')));
        const expected = answers(load(whole, () => undefined));
        const file = load(split, beside(split.folder));
        assertSame(answers(file), isClang ? expected : expected.filter(isNoMacro), 'files');
        assert.deepEqual(file.buildWarnings, []);

        // gold's packager knows no DWARF 5.
        for (const packager of flags.includes('-gdwarf-4') ? ['llvm-dwp', 'dwp'] : ['llvm-dwp']) {
          if (!has(packager)) {
            context.diagnostic(`${packager} is not installed: packages by it are not read`);
            continue;
          }
          const made = spawnSync(packager, ['-e', 'program', '-o', 'program.dwp'], {
            cwd: split.folder,
            timeout: 10_000,
          });
          if (made.status !== 0) {
            context.diagnostic(`${packager} makes no package of this: ${String(made.stderr).trim()}`);
            continue;
          }
          const packed = load(
            split,
            beside(split.folder, (name) => name.endsWith('.dwp')),
          );
          assertSame(answers(packed), expected.filter(isNoMacro), packager);
          // What gcc leaves of macros makes no sense in a package.
          if (isClang || more.length === 0) assert.deepEqual(packed.buildWarnings, []);
        }
      });
    }

test('a .dwo file that is missing, or of another build, is named once', () => {
  const built = build(['gcc'], 'symbols-tour.c', ['-gdwarf-5', '-gsplit-dwarf']);
  const other = build(['gcc'], 'symbols-tour.c', ['-gdwarf-5', '-gsplit-dwarf', '-O1']);
  const source = path.resolve('test/guests/symbols-tour.c');
  const missing = load(built, () => undefined);
  missing.functionNames();
  missing.globals();
  assert.deepEqual(missing.buildWarnings, [
    `Debug information is in symbols-tour.dwo, which is neither in ${built.folder} nor beside the program.`,
    'More .dwo files of the program are missing.',
  ]);
  assert.ok(missing.sourceFiles().includes(source), 'the lines are in the program');
  const wrong = load(built, (name) =>
    path.basename(name) === 'symbols-tour.dwo' ? beside(other.folder)('symbols-tour.dwo') : beside(built.folder)(name),
  );
  wrong.functionNames();
  assert.deepEqual(wrong.buildWarnings, [
    'symbols-tour.dwo is not the debug information of this build of the program.',
  ]);
});

for (const version of ['-gdwarf-5', '-gdwarf-4'])
  for (const source of ['symbols-tour.c', 'symbols-tour.cpp'])
    test(`functions and variables of ${source} that was split for RISC-V, ${version}, are those of gdb`, async () => {
      const compiler = [source.endsWith('.cpp') ? 'riscv64-linux-gnu-g++' : 'riscv64-linux-gnu-gcc', '-static'];
      // gdb finds no functions in the .dwo files, since their lengths are not there. The code is the same.
      const whole = build(compiler, source, ['-O0', version]);
      const split = build(compiler, source, ['-O0', version, '-gsplit-dwarf']);
      const file = load(split, beside(split.folder));
      let compared = 0;
      for (const stop of await gdbStops(path.join(whole.folder, 'program')))
        compared += compareStop(file, split.bytes, stop, false);
      assert.ok(compared >= 20, `${compared} variables compared`);
      assert.equal(file.buildWarnings.length, 1);
      assert.match(file.buildWarnings[0], /^The assembler has left the lengths of code out of the \.dwo files/);
    });
