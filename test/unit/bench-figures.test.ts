import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compare, type Baseline } from '../../bench/comparison.ts';
import { evaluate, type Mark } from '../../bench/fork-marks.ts';
import type { Measurement, Ratios } from '../../bench/measurement.ts';
import { groupMeans } from '../../bench/report.ts';
import { geometricMean, median, summarize, type Summary } from '../../bench/statistics.ts';

const summary = (value: number, error = 0): Summary => ({ median: value, error, count: 5 });

function measurement(name: string, size: number, autoToQemu: Summary): Measurement {
  const ratios: Ratios = { autoToQemu, autoToNative: summary(3), interpreterToQemu: summary(20) };
  const seconds = { native: summary(1), qemu: summary(3), auto: summary(3), interpreter: summary(60) };
  const mips = { qemu: 1, auto: 1, interpreter: 1 };
  return { name, group: 'integer', size, instructions: 1, engine: '', seconds, interpretedSize: 1, mips, ratios };
}

function baseline(size: number, autoToQemu: Summary): Baseline {
  const { ratios } = measurement('mix', size, autoToQemu);
  return { date: '', processor: '', programs: { mix: { size, ratios } } };
}

const verdictOf = (before: Summary, after: Summary): string | undefined =>
  compare(baseline(10, before), [measurement('mix', 10, after)]).find(({ ratio }) => ratio === 'autoToQemu')?.verdict;

describe('statistics of the benchmark', () => {
  test('the median of an even number of values lies between the middle ones', () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([9, 1, 5]), 5);
  });

  test('one outlier moves neither the median nor its error much', () => {
    const { median: middle, error } = summarize([1, 1.01, 0.99, 1, 50]);
    assert.equal(middle, 1);
    assert.ok(error < 0.02, `${error}`);
  });

  test('the error shrinks with the square root of the number of values', () => {
    const few = summarize([1, 2, 3, 4]).error;
    const many = summarize(Array.from({ length: 16 }, (_, index) => 1 + (index % 4))).error;
    assert.ok(Math.abs(few / many - 2) < 0.01, `${few / many}`);
  });

  test('half as long and twice as long cancel out in a geometric mean', () => {
    assert.equal(geometricMean([0.5, 2]), 1);
    assert.equal(groupMeans([measurement('a', 1, summary(0.5)), measurement('b', 1, summary(2))])[0]?.autoToQemu, 1);
  });
});

describe('comparison with the baseline', () => {
  test('a change of two percent is noise, one of ten is not', () => {
    assert.equal(verdictOf(summary(1), summary(1.02)), 'same');
    assert.equal(verdictOf(summary(1), summary(1.1)), 'slower');
    assert.equal(verdictOf(summary(1), summary(0.9)), 'faster');
  });

  test('what repeats badly has to change by more', () => {
    assert.equal(verdictOf(summary(1, 0.05), summary(1.1, 0.05)), 'same');
    assert.equal(verdictOf(summary(1, 0.05), summary(1.5, 0.05)), 'slower');
  });

  test('after a run or two nothing is known about noise, so nothing has changed', () => {
    assert.equal(verdictOf(summary(1), { ...summary(9), count: 2 }), 'same');
    assert.equal(verdictOf(summary(1), { ...summary(9), count: 3 }), 'slower');
  });

  test('other sizes and new programs are not compared', () => {
    assert.deepEqual(compare(baseline(10, summary(1)), [measurement('mix', 11, summary(9))]), []);
    assert.deepEqual(compare(baseline(10, summary(1)), [measurement('new', 10, summary(9))]), []);
  });
});

describe('costs of page faults and forks', () => {
  /** Marks cost 1 us; a fault 2 us a page; the fork call takes 7 us, and the parent is back after `parent` us more. */
  function marks({ parked }: { parked: boolean }): Mark[] {
    const list: Mark[] = [];
    let now = 0;
    const mark = (letter: string, after: number): void => void list.push({ letter, at: (now += (after + 1) * 1000) });
    for (let i = 0; i < 4; i++) mark('0', 0);
    for (let round = 0; round < 4; round++) {
      const slow = round < 2 ? 50 : 0; // warm-up
      mark('d', 5);
      mark('e', 220 + slow);
      mark('w', 20);
      mark('a', 5);
      mark('b', parked ? 90 : 7);
      mark('c', 30);
      mark('p', 5);
      if (parked) mark('k', 4);
      mark('q', parked ? 50 : 4);
      if (!parked) mark('k', 20);
      mark('r', 30);
      mark('f', 5);
      if (!parked) mark('j', 7);
      mark('g', parked ? 7 : 3);
      mark('h', 45 + slow);
      mark('i', 15);
      if (parked) mark('j', 9);
      if (parked) continue;
      mark('G', 5);
      mark('H', 55 + slow);
      mark('I', 15);
    }
    return list;
  }

  test('are net of the marks and of touches that do not fault', () => {
    assert.deepEqual(evaluate(marks({ parked: false }), 100, 10), {
      demandZero: 2,
      cowFault: 3,
      fork: 7,
      forkAgain: 4,
      cowFaultAmong: 4,
      forkExitWait: 37 + 1, // the mark in the middle
    });
  });

  test('end a fork call in the child where the parent is parked', () => {
    const { fork, forkAgain, cowFaultAmong } = evaluate(marks({ parked: true }), 100, 10);
    assert.deepEqual([fork, forkAgain, cowFaultAmong], [7, 4, undefined]);
  });
});
