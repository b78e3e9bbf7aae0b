import { binaryOf } from './build.ts';
import { Debuggee, summary, timed, type Figure } from './debug-session.ts';

const SOURCE = 'bench/guests/deep.c';

interface Frame {
  readonly id: number;
}

/** How soon frames of a deep recursion and tens of thousands of mappings are shown, and what a false condition costs. */
export async function deepFigures(isQuick: boolean): Promise<Figure[]> {
  const [depth, mappings, passes, rounds] = isQuick ? [1000, 1000, 1000, 2] : [100_000, 60_000, 1_000_000, 10];
  const args = [depth, mappings, passes].map(String);
  const debuggee = await Debuggee.start(binaryOf('deep', 'riscv64'), args, SOURCE, 'stop here', {
    memory: '1G',
    condition: 'depth == 0',
  });
  try {
    const frames = (startFrame: number, levels: number): Promise<{ stackFrames: Frame[] }> =>
      debuggee.request('stackTrace', { threadId: 1, startFrame, levels });
    const evaluate = async (expression: string, frameId: number): Promise<void> =>
      void (await debuggee.request('evaluate', { expression, frameId, context: 'watch' }));
    const what = `recursion of ${depth} frames`;
    const questions: [string, () => Promise<unknown>][] = [
      [`the first 20 frames: ${what}`, () => frames(0, 20)],
      [`as many frames as a client without paging gets: ${what}`, () => frames(0, 0)],
      [`20 frames in the middle: ${what}`, () => frames(depth / 2, 20)],
      [
        `an expression in the outermost frame: ${what}`,
        async () => evaluate('argc', (await frames(depth + 1, 1)).stackFrames[0].id),
      ],
      ['console command bt -5', () => debuggee.request('evaluate', { expression: 'bt -5', context: 'repl' })],
      ['console command bt', () => debuggee.request('evaluate', { expression: 'bt', context: 'repl' })],
      [`mappings: ${mappings} of them, the first page`, () => debuggee.request('pagewalk/mappings', { pid: 1 })],
      ['explain an address among them', () => debuggee.request('pagewalk/explain', { expression: '&passed' })],
    ];
    const times = questions.map((): number[] => []);
    const behind: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // Nothing is remembered of what was asked before.
      await debuggee.request('setExpression', {
        expression: 'passed',
        value: '0',
        frameId: (await frames(0, 1)).stackFrames[0].id,
      });
      for (const [index, [, ask]] of questions.entries())
        times[index].push(
          await timed(async () => {
            const asked = ask();
            behind.push(await timed(async () => void (await debuggee.request('threads', {}))));
            await asked;
          }),
        );
    }
    return [
      ...questions.map(([question], index) => ({ what: question, ...summary(times[index]), meant: 100 })),
      { what: 'a request for the threads behind each of these', ...summary(behind), meant: 100 },
      ...(await conditionFigures(debuggee, passes)),
    ];
  } finally {
    debuggee.end();
  }
}

/** A false condition on a line that is passed again and again. */
async function conditionFigures(debuggee: Debuggee, passes: number): Promise<Figure[]> {
  await debuggee.breakpoints(SOURCE, [{ text: 'passed += i', condition: 'i == -1' }, { text: 'return passed' }]);
  const took = await timed(() => debuggee.continue());
  const microseconds = summary([(took * 1000) / passes]).median;
  return [
    {
      what: `a condition that is false, each of ${passes} hits`,
      median: microseconds,
      worst: microseconds,
      meant: 5,
      unit: 'µs',
    },
  ];
}
