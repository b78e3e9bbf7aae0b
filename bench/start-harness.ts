import { createMachine } from '../src/cli/machine-options.ts';
import type { Machine } from '../src/machine/machine.ts';
import { median } from './statistics.ts';

const MEMORY = 512 * 2 ** 20;
/** Instructions before anything is timed: hot code has been found and translated by then. */
const WARM_UP = 60_000_000;
/** Of the pieces between two stops, on average. */
const PIECE = 20_000;

/** What the process that runs this prints, as JSON. Times in microseconds. */
export interface StartFigures {
  /** From the start of the process, and from the start of our own code in it, to the first instruction retired. */
  readonly sinceProcess: number;
  readonly sinceMain: number;
}
export interface StopFigures {
  /** What stopping at a random count and going on costs, above going through. */
  readonly stop: number;
  readonly singleStep: number;
}

/** `start ENGINE PROGRAM`, or `stop ENGINE ROUNDS STOPS WARM-UP PROGRAM ARGUMENT`. */
function main([task, engine, ...rest]: string[]): void {
  const begun = performance.now();
  const machineOf = (program: string, ...args: string[]): Machine =>
    createMachine(
      program,
      args,
      {
        platform: 'independent',
        engine: engine === 'interpreter' ? 'interpreter' : 'auto',
        memory: MEMORY,
        env: [],
        cwd: '/',
      },
      { output: 1, handles: 'untraced' },
    );
  let figures: StartFigures | StopFigures;
  if (task === 'start') {
    machineOf(rest[0]).run({ budget: 1 });
    const now = performance.now();
    figures = { sinceProcess: now * 1000, sinceMain: (now - begun) * 1000 };
  } else {
    const [rounds, stops, part] = rest.splice(0, 3).map(Number);
    figures = stopCosts(machineOf(rest[0], ...rest.slice(1)), rounds, stops, WARM_UP * part);
  }
  process.stdout.write(JSON.stringify(figures));
}

/** Runs equally long stretches in turn: in one piece, and in pieces of random length. */
function stopCosts(machine: Machine, rounds: number, stops: number, warmUp: number): StopFigures {
  let random = 1;
  const nextPiece = (): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return 1 + ((random >>> 8) % (2 * PIECE - 1));
  };
  const timed = (budgets: readonly number[]): number => {
    const started = performance.now();
    for (const budget of budgets) {
      const { kind } = machine.run({ budget });
      if (kind !== 'budget') throw new Error(`the guest stopped: ${kind}; it is too short`);
    }
    return (performance.now() - started) * 1000;
  };
  timed([warmUp]);
  const stopTimes: number[] = [];
  const stepTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const pieces = Array.from({ length: stops }, nextPiece);
    const whole = timed([pieces.reduce((sum, piece) => sum + piece, 0)]);
    stopTimes.push((timed(pieces) - whole) / stops);
    stepTimes.push(timed(Array.from({ length: 1000 }, () => 1)) / 1000);
  }
  return { stop: Math.max(0, median(stopTimes)), singleStep: median(stepTimes) };
}

main(process.argv.slice(2));
