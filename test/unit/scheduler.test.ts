import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Task } from '../../src/linux/task.ts';
import { Scheduler } from '../../src/machine/scheduler.ts';

/** A task as the scheduler sees one. */
function task(tid: number, state: Task['state'] = 'runnable'): Task {
  return { tid, order: tid, state } as Task;
}

function runnable(tasks: readonly Task[]): readonly Task[] {
  return tasks.filter(({ state }) => state === 'runnable');
}

describe('Scheduler', () => {
  it('lets a task use its quantum, then takes the next in order', () => {
    const tasks = [task(1), task(2), task(3)];
    const scheduler = new Scheduler(10);
    const order = [];
    for (let slice = 0; slice < 8; slice++) {
      const chosen = scheduler.pick(runnable(tasks), undefined)!;
      order.push(chosen.tid);
      scheduler.charge(5);
    }
    assert.deepEqual(order, [1, 1, 2, 2, 3, 3, 1, 1]);
  });

  it('says when no task can run', () => {
    const scheduler = new Scheduler(10);
    const tasks = [task(1, 'blocked'), task(2), task(3, 'dead')];
    assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, 2);
    tasks[1].state = 'blocked';
    assert.equal(scheduler.pick(runnable(tasks), undefined), undefined);
  });

  it('runs the focused task alone while it can run', () => {
    const scheduler = new Scheduler(10);
    const tasks = [task(1), task(2)];
    const focus = tasks[1];
    for (let slice = 0; slice < 5; slice++) {
      assert.equal(scheduler.pick(runnable(tasks), focus), focus);
      scheduler.charge(10);
    }
    focus.state = 'blocked';
    assert.equal(scheduler.pick(runnable(tasks), focus)?.tid, 1);
    scheduler.charge(3);
    focus.state = 'runnable';
    assert.equal(scheduler.pick(runnable(tasks), focus), focus, 'at once when it wakes');
  });

  it('does not lose the rest of a quantum at a stop', () => {
    const scheduler = new Scheduler(10);
    const tasks = [task(1), task(2)];
    scheduler.pick(runnable(tasks), undefined);
    scheduler.charge(4);
    assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, 1);
    assert.equal(scheduler.left, 6);
  });

  it('lets a task that is alone run on, and knows where in its quantum it then is', () => {
    const scheduler = new Scheduler(10);
    const tasks = [task(1), task(2, 'blocked')];
    scheduler.pick(runnable(tasks), undefined);
    assert.equal(scheduler.allowance(runnable(tasks)), Infinity);
    scheduler.charge(34);
    assert.equal(scheduler.left, 6, 'as after ten, ten, ten and four');
    tasks[1].state = 'runnable';
    assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, 1);
    assert.equal(scheduler.allowance(runnable(tasks)), 6);
    scheduler.charge(6);
    assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, 2);
  });

  it('takes the next task when one gives up its turn', () => {
    const scheduler = new Scheduler(10);
    const tasks = [task(1), task(2)];
    scheduler.pick(runnable(tasks), undefined);
    scheduler.yield();
    assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, 2);
  });

  it('goes on behind the last task while that waits, and from the start when it has ended', () => {
    const tasks = [1, 2, 3, 4].map((tid) => task(tid));
    for (const [state, next] of [
      ['blocked', 3],
      ['dead', 1],
    ] as const) {
      const scheduler = new Scheduler(10);
      tasks[1].state = 'runnable';
      scheduler.pick(runnable(tasks), tasks[1]);
      tasks[1].state = state;
      assert.equal(scheduler.pick(runnable(tasks), undefined)?.tid, next);
    }
  });

  it('draws the lengths of turns from its seed, wherever they are cut', () => {
    const turns = (seed: number, step: number): string => {
      const scheduler = new Scheduler(10, seed);
      const alone = [task(1)];
      const left: number[] = [];
      for (let run = step; run <= 300; run += step) {
        scheduler.pick(alone, undefined);
        scheduler.charge(step);
        if (run % 60 === 0) left.push(scheduler.left);
      }
      return left.join();
    };
    assert.equal(turns(1, 1), turns(1, 30));
    assert.equal(turns(1, 1), turns(1, 4));
    assert.notEqual(turns(1, 1), turns(2, 1));
  });
});
