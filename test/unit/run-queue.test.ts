import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunQueue } from '../../src/linux/run-queue.ts';
import type { Task, Wait } from '../../src/linux/task.ts';
import type { Thread } from '../../src/linux/thread.ts';
import { WaitsByDeadline } from '../../src/linux/waits-by-deadline.ts';

test('tasks that can run are in the order in which they were made, whenever they woke', () => {
  const steps = fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (changes) => {
      const queue = new RunQueue();
      const tasks = Array.from({ length: 21 }, (_, order) => ({ order }) as Task);
      const expected = new Set<number>();
      for (const [order, wakes] of changes) {
        if (wakes === expected.has(order)) continue;
        if (wakes) queue.add(tasks[order]);
        else queue.remove(tasks[order]);
        if (wakes) expected.add(order);
        else expected.delete(order);
        assert.deepEqual(
          queue.tasks.map((task) => task.order),
          [...expected].sort((a, b) => a - b),
        );
      }
    }),
  );
});

/** A thread as the heap of deadlines sees one. */
class Sleeper {
  wait: Wait | undefined;
  woken = 0;

  wake(): void {
    this.woken++;
    this.wait = undefined;
  }
}

test('threads wake when their time comes, and those that have given up do not', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('sleep'), who: fc.nat(9), until: fc.nat(1000) }),
      fc.record({ kind: fc.constant('give-up'), who: fc.nat(9), until: fc.constant(0) }),
      fc.record({ kind: fc.constant('pass'), who: fc.constant(0), until: fc.nat(1000) }),
    ),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const waits = new WaitsByDeadline();
      const sleepers = Array.from({ length: 10 }, () => new Sleeper());
      for (const { kind, who, until } of all) {
        const sleeper = sleepers[who];
        if (kind === 'sleep') {
          sleeper.wait = { reason: 'sleeps', deadline: until, forInput: false };
          waits.add(sleeper as unknown as Thread, sleeper.wait, until);
        } else if (kind === 'give-up') sleeper.wait = undefined;
        else {
          const due = sleepers.filter(({ wait }) => (wait?.deadline ?? Infinity) <= until);
          const before = due.map(({ woken }) => woken);
          waits.wake(until);
          assert.deepEqual(
            due.map(({ woken }) => woken),
            before.map((count) => count + 1),
          );
        }
        assert.equal(waits.earliest(), Math.min(...sleepers.map(({ wait }) => wait?.deadline ?? Infinity)));
      }
    }),
  );
});
