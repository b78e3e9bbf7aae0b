import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimelineRecorder } from '../../src/inspect/timeline.ts';

const MOST = 8;

/** Moments of a run: how far it went on since the last one, frames in use, bytes copied and forks since then. */
const moments = fc.array(fc.tuple(fc.nat(1000), fc.nat(50), fc.nat(3), fc.nat(1)), { minLength: 1, maxLength: 200 });

test('a timeline keeps the end, the peak and the order of a run, however long it is', () => {
  fc.assert(
    fc.property(moments, (run) => {
      const timeline = new TimelineRecorder(MOST);
      let [n, copied, forks] = [0, 0, 0];
      for (const [instructions, frames, pages, more] of run) {
        n += instructions;
        copied += pages * 4096;
        forks += more;
        timeline.note(n, frames, copied, forks);
      }
      const { points } = timeline;
      assert.ok(points.length >= 1 && points.length <= MOST);
      const last = points.at(-1)!;
      assert.deepEqual(
        [last.n, last.frames, last.bytesCopied, last.forks],
        [n, run.at(-1)![1], copied, forks],
        'the end is exact',
      );
      assert.equal(
        Math.max(...points.map(({ mostFrames }) => mostFrames)),
        Math.max(...run.map(([, frames]) => frames)),
      );
      for (const [index, point] of points.entries()) {
        assert.ok(point.mostFrames >= point.frames);
        const before = points[index - 1];
        assert.ok(
          !before || (before.n < point.n && before.bytesCopied <= point.bytesCopied && before.forks <= point.forks),
        );
      }
    }),
  );
});

test('a short run keeps every moment', () => {
  const timeline = new TimelineRecorder(MOST);
  for (const n of [0, 3, 1000, 1001]) timeline.note(n, n, 0, 0);
  assert.deepEqual(
    timeline.points.map(({ n }) => n),
    [0, 3, 1000, 1001],
  );
});

test('what happens at one instruction is one moment with its peak', () => {
  const timeline = new TimelineRecorder(MOST);
  for (const frames of [5, 9, 4]) timeline.note(100, frames, 0, 0);
  assert.deepEqual(timeline.points, [{ n: 100, frames: 4, mostFrames: 9, bytesCopied: 0, forks: 0 }]);
});
