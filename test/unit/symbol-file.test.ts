import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseElf } from '../../src/symbols/elf-file.ts';
import { placeOf } from '../../src/symbols/frame.ts';
import type { Frame } from '../../src/symbols/frame.ts';
import { innermostFrame, SymbolFile, unwindUnknown } from '../../src/symbols/symbol-file.ts';
import { compileGuest, runTool } from '../differential/compiled-guests.ts';

const FREESTANDING = ['-nostdlib', '-static'];

function load(
  source: string,
  flags: readonly string[],
  loadBias = 0,
): { file: SymbolFile; source: string; path: string } {
  const guest = compileGuest(source, flags);
  const file = SymbolFile.load(guest.bytes, source, loadBias);
  assert.ok(!('error' in file));
  return { file, source: guest.source, path: guest.path };
}

const small = (): ReturnType<typeof load> => load('symbols-small.c', ['-O0', '-gdwarf-5', ...FREESTANDING]);

const registersOf = (values: Readonly<Record<number, number>>): Frame['registers'] => ({
  x: Array.from({ length: 32 }, (_, number) => BigInt(values[number] ?? 0)),
  f: Array.from({ length: 32 }, () => 0n),
});

test('a file that is no riscv64 program is refused in words', () => {
  const error = (bytes: Uint8Array): string => {
    const file = SymbolFile.load(bytes, 'a.out');
    return 'error' in file ? file.error : 'loaded';
  };
  const elf = compileGuest('symbols-small.c', ['-O0', '-gdwarf-5', ...FREESTANDING]).bytes;
  const changed = (offset: number, ...values: number[]): Uint8Array => {
    const bytes = elf.slice();
    bytes.set(values, offset);
    return bytes;
  };
  assert.equal(error(new Uint8Array()), 'a.out is empty.');
  assert.equal(error(new TextEncoder().encode('#!/bin/sh\n')), 'a.out is not an ELF file.');
  assert.equal(error(elf.slice(0, 40)), 'a.out is cut off inside its ELF header.');
  assert.equal(error(changed(18, 62, 0)), 'a.out is an x86-64 program; only riscv64 Linux programs can be run.');
  assert.equal(error(changed(4, 1)), 'a.out is a 32-bit RISC-V program; only riscv64 (64-bit) ones can be run.');
  assert.equal(error(changed(16, 1, 0)), 'a.out is an object file that has not been linked into a program.');
  assert.equal(error(changed(32, 0xff, 0xff, 0xff, 0xff)), 'a.out is cut off: its program headers lie past its end.');
});

test('a file without section headers still loads, without symbols', () => {
  const elf = compileGuest('symbols-small.c', ['-O0', '-gdwarf-5', ...FREESTANDING]).bytes;
  const file = SymbolFile.load(elf.slice(0, elf.length - 64), 'cut');
  assert.ok(!('error' in file));
  assert.match(file.buildWarnings.join(), /section headers are damaged/);
  assert.equal(file.symbol('main'), undefined);
  assert.deepEqual(file.sourceFiles(), []);
});

for (const kind of ['zlib', 'zlib-gnu', 'zlib-gabi', 'zstd'])
  test(`debug information compressed with ${kind} is read as if it were not`, () => {
    const { file: plain, source, path: program } = small();
    const compressed = `${program}-${kind}`;
    runTool('riscv64-linux-gnu-objcopy', `--compress-debug-sections=${kind}`, program, compressed);
    const file = SymbolFile.load(new Uint8Array(readFileSync(compressed)), 'compressed');
    assert.ok(!('error' in file));
    assert.deepEqual(file.linesWithCode(source), plain.linesWithCode(source));
    assert.deepEqual(
      file.globals().map(({ name }) => name),
      plain.globals().map(({ name }) => name),
    );
    assert.deepEqual(file.buildWarnings, []);
  });

test('compressed debug information that is damaged or claims to be huge is named, and symbols still work', () => {
  const { path: program } = small();
  const compressed = `${program}-damaged`;
  runTool('riscv64-linux-gnu-objcopy', '--compress-debug-sections=zlib', program, compressed);
  const bytes = new Uint8Array(readFileSync(compressed));
  const parsed = parseElf(bytes);
  assert.ok(parsed.ok);
  const section = parsed.elf.section('.debug_info')!.bytes;
  for (const [offset, value, why] of [
    [30, 0xff, /the compressed \.debug_info/],
    [11, 0x40, /claims to become/],
    [0, 9, /compressed in the unknown way 9/],
  ] as const) {
    const before = section[offset];
    section[offset] = value;
    const file = SymbolFile.load(bytes, 'damaged');
    assert.ok(!('error' in file));
    assert.equal(file.functionAt(file.symbol('walk')!.va)?.name, 'walk');
    assert.match(file.buildWarnings.join(), why);
    section[offset] = before;
  }
});

test('a stripped program finds its debug file by build ID or debug link, and takes no other', () => {
  const { file: plain, source, path: program } = small();
  const [stripped, debug] = [`${program}-stripped`, `${program}.debug`];
  runTool('riscv64-linux-gnu-objcopy', '--only-keep-debug', program, debug);
  runTool('riscv64-linux-gnu-objcopy', '--strip-all', `--add-gnu-debuglink=${debug}`, program, stripped);
  const link = debug.replace(/^.*\//, '');
  const bytes = new Uint8Array(readFileSync(stripped));
  const asked: string[] = [];
  const load = (answer: (path: string) => Uint8Array | undefined): SymbolFile => {
    const file = SymbolFile.load(bytes, 'stripped', 0, (path) => {
      asked.push(path);
      return answer(path);
    });
    assert.ok(!('error' in file));
    return file;
  };
  const found = load((path) => (path === `.debug/${link}` ? new Uint8Array(readFileSync(debug)) : undefined));
  assert.deepEqual(found.linesWithCode(source), plain.linesWithCode(source));
  assert.equal(found.symbol('walk')?.va, plain.symbol('walk')?.va);
  assert.deepEqual(found.buildWarnings, []);
  assert.deepEqual(asked.slice(-2), [link, `.debug/${link}`]);

  const other = new Uint8Array(readFileSync(debug));
  const parsed = parseElf(other);
  assert.ok(parsed.ok);
  const id = parsed.elf.section('.note.gnu.build-id')!.bytes;
  id[id.length - 1] ^= 1;
  const refused = load((path) => (path === link ? other : undefined));
  assert.deepEqual(refused.linesWithCode(source), []);
  assert.match(refused.buildWarnings.join(' '), /not the debug information of this build/);
  assert.match(load(() => undefined).buildWarnings.join(' '), /is in .*\.debug, which is not beside it/);
});

test('a breakpoint goes to its line, or to the next one of the same function', () => {
  const { file, source } = small();
  const text = (line: number): number => file.addressesForLine(source, line)?.line ?? -1;
  const lines = file.linesWithCode(source);
  const declaration = file.functionAt(file.symbol('walk')!.va)!;
  assert.equal(declaration.file, source);
  const loop = lines.find((line) => line > declaration.line! + 1)!;
  assert.equal(text(loop), loop);
  // The lines after a function's end and before the next one's name belong to neither.
  const last = lines.findLast((line) => line < file.functionAt(file.symbol('sized')!.va)!.line!)!;
  assert.equal(file.addressesForLine(source, last + 1), undefined);
  assert.equal(file.addressesForLine(source, 1), undefined);
  assert.equal(file.addressesForLine(source, 10_000), undefined);
  assert.equal(file.addressesForLine('/no/such/file.c', loop), undefined);
  // An empty line inside a function moves on.
  const tour = load('symbols-tour.c', ['-O0', '-gdwarf-5', '-static']);
  const main = tour.file.functionAt(tour.file.symbol('main')!.va)!;
  const used = tour.file.linesWithCode(tour.source).filter((line) => line > main.line!);
  const empty = used.find((line) => !used.includes(line + 1))! + 1;
  assert.equal(tour.file.addressesForLine(tour.source, empty)?.line, empty + 1);
});

test('a breakpoint on the line that opens a function stops behind the prologue', () => {
  const { file, source } = small();
  const { low, line } = file.functionAt(file.symbol('walk')!.va)!;
  const found = file.addressesForLine(source, line!)!;
  assert.deepEqual(found.addresses, [file.prologueEnd(low)]);
  assert.equal(found.line, line! + 1);
  assert.ok(found.addresses[0] > low);
});

test('a breakpoint in a template goes to every instance of it', () => {
  const { file, source } = load('symbols-tour.cpp', ['-O0', '-gdwarf-5', '-static']);
  const ints = file.functionAt(file.functionNamed('shapes::twice<int>')!)!;
  const doubles = file.functionAt(file.functionNamed('shapes::twice<double>')!)!;
  const found = file.addressesForLine(source, ints.line! + 1)!;
  const owners = found.addresses.map((address) => file.functionAt(address)?.name).sort();
  assert.deepEqual(owners, [doubles.name, ints.name]);
});

test('the ranges of a line cover all its code in the function and nothing else', () => {
  const { file, source } = small();
  const walk = file.functionAt(file.symbol('walk')!.va)!;
  const loop = file.linesWithCode(source).find((line) => line === walk.line! + 2)!;
  const ranges = file.lineRange(file.addressesForLine(source, loop)!.addresses[0])!;
  assert.ok(ranges.length >= 2, 'a for loop has code before and after its body');
  for (let address = walk.low; address < walk.high; address += 2) {
    const isInside = ranges.some(({ start, end }) => address >= start && address < end);
    assert.equal(isInside, file.lineAt(address)?.line === loop, `0x${address.toString(16)}`);
  }
});

test('variables are those of the scopes around the pc, inner ones first and marked when they hide others', () => {
  const { file, source } = load('symbols-tour.c', ['-O0', '-gdwarf-5', '-static']);
  const call = file.linesWithCode(source).filter((line) => line > 76 && line < 84);
  const inner = file.variablesAt(file.addressesForLine(source, call[3])!.addresses[0]);
  const sums = inner.locals.filter(({ name }) => name === 'sum');
  assert.deepEqual(
    sums.map(({ isShadowed }) => isShadowed),
    [false, true],
  );
  assert.deepEqual(
    inner.arguments.map(({ name }) => name),
    ['letter', 'small', 'big', 'single', 'twice'],
  );
  assert.ok(inner.locals.some(({ name }) => name === 'i'));
  const outside = file.variablesAt(file.symbol('scalars')!.va);
  assert.ok(!outside.locals.some(({ name }) => name === 'i'));
});

test('an inlined function shows each of its variables once', () => {
  const { file } = load('symbols-tour.c', ['-O2', '-gdwarf-5', '-static']);
  const { low, high } = file.functionAt(file.symbol('main')!.va)!;
  let most = 0;
  for (let address = low; address < high; address += 2)
    most = Math.max(most, file.variablesAt(address).locals.filter(({ name }) => name === 'negative').length);
  assert.equal(most, 1);
});

test('globals are read where the loader put them', () => {
  const flags = ['-O1', '-g', '-fpie', '-pie'];
  const bias = 0x2a_aaaa_a000;
  const { file } = load('symbols-tour.c', flags, bias);
  const { file: unmoved } = load('symbols-tour.c', flags);
  const address = file.symbol('shared_total')!.va;
  assert.equal(address, unmoved.symbol('shared_total')!.va + bias);
  const read: Frame['read'] = (va, length) =>
    va === address ? Uint8Array.of(42, 0, 0, 0).subarray(0, length) : undefined;
  const frame = innermostFrame(0, registersOf({ 4: 0x7000 }), read);
  const value = file.evaluateVariable(file.global('shared_total')!, frame);
  assert.deepEqual('value' in value && [value.value, value.type, value.address], ['42', 'int', address]);
  const main = file.symbol('main')!.va;
  assert.equal(file.functionAt(main)?.name, 'main');
  assert.equal(file.lineAt(main)?.line, unmoved.lineAt(main - bias)?.line);
  assert.deepEqual(
    file.addressesForLine(file.sourceFiles()[0], 96)?.addresses,
    unmoved.addressesForLine(unmoved.sourceFiles()[0], 96)?.addresses.map((one) => one + bias),
  );
});

test('thread-local variables are found through tp', () => {
  const { file } = load('symbols-tour.c', ['-O0', '-gdwarf-5', '-static']);
  const asked: number[] = [];
  const read: Frame['read'] = (va, length) => {
    asked.push(va);
    return new Uint8Array(length).fill(1);
  };
  const value = file.evaluateVariable(file.global('per_thread')!, innermostFrame(0, registersOf({ 4: 0x7000 }), read));
  assert.equal('value' in value && value.value, '16843009');
  assert.ok(asked.every((va) => va >= 0x7000 && va < 0x7100));
});

test('without call frame information the stack is unwound by ra, then by frame pointers', () => {
  const { file } = load('symbols-assembly.S', FREESTANDING);
  const parsed = parseElf(compileGuest('symbols-assembly.S', FREESTANDING).bytes);
  assert.ok(parsed.ok);
  const text = parsed.elf.section('.text')!;
  const at = (name: string): number => file.symbol(name)!.va;
  const start = at('_start');
  const code = (va: number, length: number): Uint8Array =>
    text.bytes.subarray(va - text.address, va - text.address + length);
  const stack = new Map<number, number>([
    [0x8ff8, start + 10],
    [0x8ff0, 0],
  ]);
  const read: Frame['read'] = (va, length) => {
    const bytes = new Uint8Array(length);
    if (va >= start && va < start + 0x100) return code(va, length);
    for (let offset = 0; offset < length; offset += 8) {
      const word = stack.get(va + offset);
      if (word === undefined) return undefined;
      new DataView(bytes.buffer).setBigUint64(offset, BigInt(word), true);
    }
    return bytes;
  };
  const inLeaf = innermostFrame(at('leaf'), registersOf({ 1: at('after_leaf'), 2: 0x8fe0, 8: 0x9000 }), read);
  const framed = file.unwind(inLeaf)!;
  assert.equal(file.functionAt(placeOf(framed))?.name, 'framed');
  assert.equal(framed.registers.x[10], undefined, 'a0 is not kept over calls');
  const caller = file.unwind(framed)!;
  assert.equal(file.functionAt(placeOf(caller))?.name, '_start');
  assert.equal(caller.registers.x[2], 0x9000n);
  assert.equal(file.unwind(caller), undefined);
});

test('a signal frame gives back all registers of what it interrupted', () => {
  const code = [0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0];
  const sp = 0x5000;
  const read: Frame['read'] = (va, length) => {
    if (va === 0x3000) return Uint8Array.from(code).subarray(0, length);
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    // user_regs_struct starts 304 bytes into the frame.
    for (let offset = 0; offset < length; offset += 8)
      view.setBigUint64(offset, BigInt((va + offset - sp - 304) / 8 + 0x1000), true);
    return bytes;
  };
  const interrupted = unwindUnknown(innermostFrame(0x3000, registersOf({ 2: sp }), read))!;
  assert.equal(interrupted.pc, 0x1000);
  assert.equal(interrupted.isCaller, false);
  assert.equal(interrupted.registers.x[10], 0x100an);
  assert.equal(interrupted.registers.f[0], 0x1020n);
});

test('the outermost frame is where glibc says so', () => {
  const { file } = load('symbols-tour.c', ['-O0', '-gdwarf-5', '-static']);
  const start = file.symbol('_start')!.va;
  assert.equal(
    file.unwind(innermostFrame(start + 4, registersOf({ 1: start, 2: 0x8000 }), () => new Uint8Array(8))),
    undefined,
  );
});
