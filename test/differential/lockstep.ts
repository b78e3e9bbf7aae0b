import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setV8Flags } from '../../src/cli/v8-flags.ts';
import { Exit, Resume, type Engine } from '../../src/cpu/engine.ts';
import { DEFAULT_TRANSLATOR, TranslatorEngine } from '../../src/cpu/translator/translator-engine.ts';
import type { TranslatorOptions } from '../../src/cpu/translator/translator-engine.ts';
import { BareMachine } from '../bare-machine.ts';
import type { Random } from './random.ts';

// As the product does, so that the host's fused multiply-add is tested.
setV8Flags();

/** Translates all that it comes to, and all that can be reached from there. */
export const EAGER: TranslatorOptions = { ...DEFAULT_TRANSLATOR, threshold: 1, eager: true };
/** Goes through the profile, but is soon done with it. */
export const QUICK: TranslatorOptions = { ...DEFAULT_TRANSLATOR, threshold: 3 };

/** Translates nothing: all is done by the interpreter in WebAssembly. */
export const COLD: TranslatorOptions = { ...DEFAULT_TRANSLATOR, threshold: Infinity };
/** As on hosts without a fused multiply-add. */
export const EAGER_UNFUSED: TranslatorOptions = { ...EAGER, hostFused: false };

/** The same program on the interpreter and on the translator. */
export class Lockstep {
  readonly interpreted = new BareMachine();
  readonly translated = new BareMachine();
  readonly translator: TranslatorEngine;

  constructor(options: TranslatorOptions) {
    this.translator = new TranslatorEngine(this.translated.state, this.translated.mmu, options);
  }

  /** Does the same to both machines. */
  both(act: (machine: BareMachine, engine: Engine) => void): void {
    act(this.interpreted, this.interpreted.engine);
    act(this.translated, this.translator);
  }

  /** Runs both and compares all that a guest or a debugger can see. */
  run(budget: number, resume = Resume.Normal): Exit {
    const expected = this.interpreted.engine.run(budget, resume);
    const actual = this.translator.run(budget, resume);
    this.compare(`after a budget of ${budget}`);
    assert.equal(actual, expected);
    if (expected === Exit.PageFault || expected === Exit.Misaligned) {
      assert.equal(this.translated.state.faultAddress, this.interpreted.state.faultAddress);
      assert.equal(this.translator.faultAccess, this.interpreted.engine.faultAccess);
    }
    return expected;
  }

  compare(when: string): void {
    const [theirs, ours] = [this.interpreted.state, this.translated.state];
    const difference: string[] = [];
    if (theirs.instret !== ours.instret) difference.push(`instret ${ours.instret}, not ${theirs.instret}`);
    if (theirs.pc !== ours.pc) difference.push(`pc 0x${ours.pc.toString(16)}, not 0x${theirs.pc.toString(16)}`);
    if (theirs.fcsr !== ours.fcsr) difference.push(`fcsr ${ours.fcsr}, not ${theirs.fcsr}`);
    for (let r = 0; r < 32; r++) {
      if (theirs.x(r) !== ours.x(r))
        difference.push(`x${r} ${ours.x(r).toString(16)}, not ${theirs.x(r).toString(16)}`);
      if (theirs.f(r) !== ours.f(r))
        difference.push(`f${r} ${ours.f(r).toString(16)}, not ${theirs.f(r).toString(16)}`);
    }
    assert.deepEqual(difference, [], when);
    assert.equal(memoryHash(this.translated), memoryHash(this.interpreted), `memory, or the A and D bits, ${when}`);
  }
}

/** Of everything in RAM that is used, page tables included. */
function memoryHash(machine: BareMachine): string {
  const { frames, memory } = machine;
  const hash = createHash('md5');
  for (let frame = 1; frame < frames.total; frame++)
    if (frames.refcounts[frame] > 0)
      hash.update(memory.u8.subarray(memory.layout.ram + frame * 4096, memory.layout.ram + frame * 4096 + 4096));
  return hash.digest('hex');
}

/** Budgets of all sizes: single steps, a few blocks, many rounds. */
export function randomBudget(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return 1 + random.below(4);
    case 1:
      return 1 + random.below(60);
    case 2:
      return 1 + random.below(1000);
    default:
      return 1 + random.below(20_000);
  }
}
