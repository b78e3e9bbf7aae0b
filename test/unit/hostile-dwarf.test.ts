import assert from 'node:assert/strict';
import { test } from 'node:test';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';

/** An ELF program of the given sections and nothing else; without program headers every address counts as code. */
function elfOf(sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = ['', ...Object.keys(sections), '.shstrtab'];
  const strings = new TextEncoder().encode(names.join('\0') + '\0');
  const contents = [new Uint8Array(), ...Object.values(sections), strings];
  const headersAt = 64 + contents.reduce((sum, one) => sum + one.length, 0);
  const bytes = new Uint8Array(headersAt + 64 * contents.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setBigUint64(40, BigInt(headersAt), true);
  [0, 56, 0, 64, contents.length, contents.length - 1].forEach((value, index) =>
    view.setUint16(52 + index * 2, value, true),
  );
  let at = 64;
  let nameAt = 0;
  contents.forEach((one, index) => {
    bytes.set(one, at);
    const header = headersAt + index * 64;
    view.setUint32(header, nameAt, true);
    view.setUint32(header + 4, index === 0 ? 0 : 1, true);
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(one.length), true);
    at += one.length;
    nameAt += names[index].length + 1;
  });
  return bytes;
}

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
const long = (value: number): number[] => [...word(value), 0, 0, 0, 0];
const text = (value: string): number[] => [...new TextEncoder().encode(value), 0];

/** A DWARF 4 unit around its entries. */
function unit(abbreviations: number, ...entries: readonly (readonly number[])[]): number[] {
  const body = [4, 0, ...word(abbreviations), 8, ...entries.flat()];
  return [...word(body.length), ...body];
}

/** 1: a unit with code; 2: a function by low and high pc; 3: a function by ranges; 4: a typedef; 5: a variable. */
const ABBREVIATIONS = Uint8Array.of(
  ...[1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0],
  ...[2, 0x2e, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0],
  ...[3, 0x2e, 0, 0x55, 0x17, 0, 0],
  ...[4, 0x16, 0, 0x03, 0x08, 0x49, 0x13, 0, 0],
  ...[5, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0],
  0,
);
const unitEntry = (name: string, low: number): number[] => [1, ...text(name), ...long(low), ...word(0x1000)];
const functionEntry = (name: string, low: number): number[] => [2, ...text(name), ...long(low), ...word(0x100)];

function load(sections: Readonly<Record<string, Uint8Array>>): { file: SymbolFile; allowance: number } {
  const bytes = elfOf(sections);
  const file = SymbolFile.load(bytes, 'hostile');
  assert.ok(!('error' in file));
  return { file, allowance: 2_000_000 + 20 * bytes.length };
}

test('a unit that cannot be read leaves those around it alone', () => {
  const { file } = load({
    '.debug_abbrev': ABBREVIATIONS,
    '.debug_info': Uint8Array.from([
      ...unit(0, unitEntry('a.c', 0x10000), functionEntry('first', 0x10000), [0]),
      ...unit(0x999, unitEntry('b.c', 0x20000), functionEntry('second', 0x20000), [0]),
      ...unit(0, unitEntry('c.c', 0x30000), functionEntry('third', 0x30000), [9, 9, 9]),
    ]),
  });
  assert.equal(file.functionAt(0x10010)?.name, 'first');
  assert.equal(file.functionAt(0x20010), undefined);
  assert.equal(file.functionAt(0x30010)?.name, 'third');
  assert.deepEqual(file.buildWarnings, [
    'The debug information of a source file is damaged: .debug_abbrev has no offset 0x999.',
    'The debug information of c.c is damaged: its entry at 0x90 has the unknown abbreviation 9.',
  ]);
});

test('entries that all refer to one long list cost no more than the file is worth', () => {
  const ranges = new Uint8Array(20_000 * 16).fill(1);
  const functions = Array.from({ length: 20_000 }, () => [3, 0, 0, 0, 0]);
  const { file, allowance } = load({
    '.debug_abbrev': ABBREVIATIONS,
    '.debug_ranges': Uint8Array.from([...ranges, ...Array<number>(16).fill(0)]).map((byte, index) =>
      index < ranges.length && index % 16 === 8 ? 2 : byte,
    ),
    '.debug_info': Uint8Array.from(unit(0, unitEntry('a.c', 0x10000), ...functions, [0])),
  });
  file.functionAt(0x10010);
  assert.ok(file.effortSpent <= 2 * allowance, `${file.effortSpent} steps`);
  assert.match(file.buildWarnings.join(), /is damaged: it needs more work than/);
});

test('types that contain themselves are unknown types', () => {
  const before = unit(0, unitEntry('a.c', 0x10000)).length;
  const first = before;
  const second = first + [4, ...text('one'), 0, 0, 0, 0].length;
  const { file } = load({
    '.debug_abbrev': ABBREVIATIONS,
    '.debug_info': Uint8Array.from(
      unit(
        0,
        unitEntry('a.c', 0x10000),
        [4, ...text('one'), ...word(second)],
        [4, ...text('two'), ...word(first)],
        [5, ...text('endless'), ...word(first), 9, 0x03, ...long(0x5000)],
        [0],
      ),
    ),
  });
  const endless = file.global('endless');
  assert.ok(endless !== undefined);
  const frame = innermostFrame(0x10000, { x: [], f: [] }, (_, length) => new Uint8Array(length));
  assert.deepEqual(file.evaluateVariable(endless, frame), { unavailable: 'its type is not described' });
  assert.match(file.buildWarnings.join(), /a type contains itself/);
});

/** A unit whose root has DW_AT_GNU_macros 0, and these bytes of .debug_macro. */
function withMacros(...macro: readonly number[]): Readonly<Record<string, Uint8Array>> {
  const root = [1, ...text('macros.c'), ...long(0x1000), ...word(0x1000), ...word(0)];
  return {
    '.debug_abbrev': Uint8Array.of(...[1, 0x11, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0x99, 0x42, 0x17, 0, 0], 0),
    '.debug_info': Uint8Array.from(unit(0, root)),
    '.debug_macro': Uint8Array.from(macro),
  };
}

test('macro sections that include themselves, or that include another a million times, cost bounded work', () => {
  const header = [4, 0, 0];
  const define = [1, 1, ...text('LIMIT 17')];
  const self = load(withMacros(...header, ...define, 7, ...word(0), 0));
  assert.equal(self.file.macrosAt(0x1000, undefined)?.macro('LIMIT')?.body, '17');
  assert.deepEqual(self.file.buildWarnings, [
    'The debug information of macros.c is damaged: .debug_macro includes itself.',
  ]);

  // Sixteen parts, each of which includes the next two hundred times.
  const part = (next: number): number[] => [
    ...header,
    ...Array.from({ length: 200 }, () => [7, ...word(next)]).flat(),
    0,
  ];
  const size = part(0).length;
  const parts = Array.from({ length: 15 }, (_, at) => part(size * (at + 1))).flat();
  const many = load(withMacros(...parts, ...header, ...define, 0));
  many.file.macrosAt(0x1000, undefined);
  assert.ok(many.file.effortSpent <= many.allowance * 2, `${many.file.effortSpent} steps`);
});

test('damaged macro entries leave those before them', () => {
  for (const [bytes, why] of [
    [[0x99], '.debug_macro has the unknown entry 153'],
    [[5, 1, ...word(0xffff)], '.debug_str has no offset 0xffff'],
    [[1, 1, 0x41], '.debug_macro ends inside a name'],
    [[3, 1], '.debug_macro ends inside a value at 0x'],
  ] as const) {
    const { file } = load(withMacros(4, 0, 0, 1, 1, ...text('SQ(x) ((x)*(x))'), ...bytes));
    const macro = file.macrosAt(0x1000, undefined)?.macro('SQ');
    assert.deepEqual([macro?.parameters, macro?.body], [['x'], '((x)*(x))']);
    assert.equal(file.buildWarnings.length, 1);
    assert.ok(file.buildWarnings[0].includes(why), file.buildWarnings[0]);
  }
});
