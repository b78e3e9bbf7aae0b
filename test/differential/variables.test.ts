import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../../src/symbols/frame.ts';
import type { Frame } from '../../src/symbols/frame.ts';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compareStop, memoryOf } from './compared-stops.ts';
import { compileGuest } from './compiled-guests.ts';
import { gdbStops } from './gdb-stops.ts';

for (const source of ['symbols-tour.c', 'symbols-tour.cpp', 'symbols-libc.c'])
  for (const flags of [
    ['-O0', '-gdwarf-5', '-static'],
    ['-O0', '-gdwarf-4', '-static'],
    ['-O2', '-gdwarf-5', '-static'],
    ['-O2', '-gdwarf-4', '-static'],
    ['-Og', '-g', '-static', '-fomit-frame-pointer'],
  ])
    test(`call stacks and variables of ${source} ${flags.join(' ')} are those of gdb`, async () => {
      const guest = compileGuest(source, flags);
      const file = SymbolFile.load(guest.bytes, 'guest');
      assert.ok(!('error' in file));
      const stops = await gdbStops(guest.path);
      assert.ok(stops.length >= 3, `${stops.length} stops`);
      let compared = 0;
      for (const stop of stops) compared += compareStop(file, guest.bytes, stop, flags.includes('-O0'));
      assert.ok(compared >= (flags.includes('-O0') ? 20 : 3), `${compared} variables compared`);
      assert.deepEqual(file.buildWarnings, []);
    });

test('a call stack leads through fork of libc, which has no unwinding tables', async () => {
  const guest = compileGuest('symbols-libc.c', ['-O0', '-gdwarf-5', '-static']);
  const file = SymbolFile.load(guest.bytes, 'guest');
  assert.ok(!('error' in file));
  const stop = (await gdbStops(guest.path)).find(({ frames }) => frames[1].name === 'on_fork');
  assert.ok(stop !== undefined);
  const registers = { x: stop.x.map(BigInt), f: stop.f.map(BigInt) };
  const names: (string | undefined)[] = [];
  let frame: Frame | undefined = innermostFrame(Number(stop.frames[0].pc), registers, memoryOf(guest.bytes, stop));
  for (; frame !== undefined && names.length < 20; frame = file.unwind(frame))
    names.push(file.functionAt(placeOf(frame))?.name);
  assert.deepEqual(names.slice(0, 5), ['checkpoint', 'on_fork', '__run_prefork_handlers', 'fork', 'main']);
  assert.equal(names.at(-1), '_start');
});
