import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resume } from '../../src/cpu/engine.ts';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { TranslatorEngine } from '../../src/cpu/translator/translator-engine.ts';
import { ALL, BareMachine } from '../bare-machine.ts';
import { QUICK } from '../differential/lockstep.ts';

const CODE = 0x10000;
const REGIONS = Number(process.env['PAGEWALK_TRANSLATIONS'] ?? 20_000);
/** Instructions of a loop and of the jump to the next one. */
const LOOP = 4;

/** Loops of ten rounds, one behind the other: `li x5, 10; addi x5, x5, -1; bnez x5, .-4; nop`. */
function loops(count: number): Uint8Array {
  const words = new Uint32Array(count * LOOP);
  for (let k = 0; k < count; k++) words.set([0x00a0_0293, 0xfff2_8293, 0xfe02_9ee3, 0x13], k * LOOP);
  return new Uint8Array(words.buffer);
}

test(`${REGIONS} translations one after the other keep a bounded number of them`, () => {
  const machine = new BareMachine(0x400_0000);
  const engine = new TranslatorEngine(machine.state, machine.mmu, QUICK);
  const perRound = 1500;
  const code = loops(perRound);
  let { translated } = engine.statistics;
  while (translated < REGIONS) {
    // Overwriting the code drops what was translated from it.
    machine.mapRange(CODE, code.length + PAGE_SIZE, ALL);
    machine.write(CODE, code);
    machine.state.pc = virtAddr(CODE);
    engine.run(perRound * 22, Resume.Normal);
    const statistics = engine.statistics;
    assert.ok(statistics.live <= 1023, `${statistics.live} live translations`);
    assert.ok(statistics.translated > translated, 'nothing is translated any more');
    translated = statistics.translated;
  }
  assert.ok(engine.statistics.evicted > 0);
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  assert.ok(megabytes < 600, `${Math.round(megabytes)} MB are resident`);
});
