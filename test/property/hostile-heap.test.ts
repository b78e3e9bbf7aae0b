import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VirtAddr } from '../../src/memory/address.ts';
import type { NamedValue } from '../../src/symbols/children.ts';
import { placeOf } from '../../src/symbols/frame.ts';
import type { Frame } from '../../src/symbols/frame.ts';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import type { VisibleVariables } from '../../src/symbols/variables.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { machineOf } from '../machine-of.ts';

const SOURCES = ['values-library.cpp', 'values-library-more.cpp', 'dynamic-classes.cpp'];
/** Parts of parts are looked at so deep, and so many of each. */
const [DEEPEST, MOST_PARTS] = [3, 4];
/** Reads of memory for one variable and its parts: a question follows no more nodes than this. */
const MOST_READS = 1 << 19;

type Read = (address: number, length: number) => Uint8Array | undefined;

/** A stop in a function that has containers: its frame, seen through any memory. */
interface Stop {
  readonly symbols: SymbolFile;
  readonly variables: VisibleVariables;
  readonly frame: (see: (read: Read) => Read) => Frame;
  /** The words that showing the values reads. */
  readonly words: readonly number[];
}

function* stopsOf(source: string): Generator<Stop> {
  const { bytes } = compileGuest(source, ['-std=c++20', '-g', '-O0', '-static']);
  const symbols = SymbolFile.load(bytes, source);
  assert.ok(!('error' in symbols));
  const machine = machineOf(bytes);
  machine.setBreakpoints([symbols.prologueEnd(symbols.symbol('checkpoint')!.va) as VirtAddr]);
  while (machine.run({ budget: 1e9 }).kind === 'breakpoint') {
    const [task] = machine.tasks();
    const registers = machine.registers(task);
    const saved = {
      x: Array.from({ length: 32 }, (_, number) => registers.x(number)),
      f: Array.from({ length: 32 }, (_, number) => registers.f(number)),
    };
    const read: Read = (address, length) => {
      if (!Number.isSafeInteger(address) || address < 0) return undefined;
      const found = machine.read(task.process, address as VirtAddr, length);
      return found.length === length ? found : undefined;
    };
    const caller = symbols.unwind(innermostFrame(registers.pc, saved, read))!;
    const frame: Stop['frame'] = (see) => ({ ...caller, read: see(read) });
    const variables = symbols.variablesAt(placeOf(caller), 0);
    const words = new Set<number>();
    const noting =
      (through: Read): Read =>
      (address, length) => {
        // A page is read for the nodes in it.
        for (let at = Math.ceil(address / 8) * 8; at + 8 <= address + Math.min(length, 512); at += 8) words.add(at);
        return through(address, length);
      };
    showAll(symbols, variables, frame(noting));
    yield { symbols, variables, frame, words: [...words] };
    machine.run({ budget: 1, steps: 1, focus: task });
  }
}

function showAll(symbols: SymbolFile, { locals }: VisibleVariables, frame: Frame): number {
  let shown = 0;
  const visit = (value: NamedValue, depth: number): void => {
    shown++;
    if ('unavailable' in value) return;
    assert.equal(typeof value.value, 'string');
    if (!value.children || depth === DEEPEST) return;
    const { count } = value.children;
    const parts = [...value.children.slice(0, MOST_PARTS), ...value.children.slice(Math.max(0, count - 1), 1)];
    for (const part of parts) visit(part, depth + 1);
    if (value.children.raw) visit(value.children.raw(), depth + 1);
  };
  for (const variable of locals)
    visit({ name: variable.name, type: '', ...symbols.evaluateVariable(variable, frame) }, 0);
  return shown;
}

test('values of containers whose insides are overwritten are shown, or said to have none, within bounds', () => {
  for (const source of SOURCES)
    for (const { symbols, variables, frame, words } of stopsOf(source)) {
      assert.ok(words.length > 5);
      const word = fc.constantFrom(...words);
      const hostile = fc.oneof(
        word.map(BigInt),
        fc.bigInt(-16n, 16n),
        fc.constantFrom(1n << 31n, (1n << 31n) - 1n, 1n << 47n, (1n << 63n) - 1n, 1n << 52n, 0xffff_ffff_ffff_fff8n),
        fc.bigInt(0n, (1n << 64n) - 1n),
      );
      const scribbles = fc.array(fc.tuple(word, hostile), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(scribbles, (written) => {
          const overlay = new Map(written);
          let reads = 0;
          const scribbled =
            (read: Read): Read =>
            (address, length) => {
              reads++;
              const found = read(address, length)?.slice();
              if (!found) return undefined;
              const view = new DataView(found.buffer);
              for (const [at, value] of overlay)
                if (at >= address && at + 8 <= address + length)
                  view.setBigUint64(at - address, BigInt.asUintN(64, value), true);
              return found;
            };
          assert.ok(showAll(symbols, variables, frame(scribbled)) >= variables.locals.length);
          assert.ok(reads < MOST_READS * variables.locals.length, `${reads} reads`);
        }),
        { numRuns: 15 },
      );
    }
});
