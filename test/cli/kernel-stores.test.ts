import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { pagewalk, scratch } from './command.ts';
import { readFileSync } from 'node:fs';

interface Fault {
  readonly event: string;
  readonly cause?: string;
  readonly by?: { readonly work: string; readonly name: string };
}

interface Stop {
  readonly cause: string;
  readonly access: string;
  readonly handled: boolean;
  readonly by?: Fault['by'];
  readonly text: string;
}

const program = compileGuest('kernel-stores.c', ['-g', '-O0', '-static', '-w']).path;
const faults = cowFaults();

/** All CoW faults of a run, in the order in which `inspect` counts them. */
function cowFaults(): Fault[] {
  const file = path.join(scratch(), 'events');
  assert.equal(pagewalk(['run', '--events', file, program]).status, 0);
  const events = readFileSync(file, 'utf8').trim().split('\n');
  return events
    .map((line) => JSON.parse(line) as Fault)
    .filter(({ event, cause }) => event === 'fault' && cause === 'cow');
}

/** What `inspect` says of the first CoW fault of some kind. */
function stopAt(isIt: (fault: Fault) => boolean): { stop: Stop; text: string } {
  const hit = String(faults.findIndex(isIt) + 1);
  assert.notEqual(hit, '0');
  const options = ['inspect', '--break', 'fault:cow', '--hit', hit];
  const { stop } = JSON.parse(pagewalk([...options, '--json', program]).stdout) as { stop: Stop };
  return { stop, text: pagewalk([...options, program]).stdout };
}

describe('a copy-on-write fault of the kernel', () => {
  for (const [work, name, what] of [
    [
      'start',
      'clone',
      /store to 0x\w+ \([^()]*\), by the kernel in clone\(2\), for the thread id of pid 2, already handled/,
    ],
    ['syscall', 'read', /store to 0x\w+ \(buffer\[0\]\), by the kernel in read\(2\), already handled/],
    ['syscall', 'wait4', /store to 0x\w+ \(status\[5\]\), by the kernel in wait4\(2\), already handled/],
    ['signal', 'SIGUSR1', /store to 0x\w+ \(handlers\[\d+\]\), by the kernel, which delivers SIGUSR1, already handled/],
    ['syscall', 'exit_group', /store to 0x\w+ \(gone\), by the kernel in exit_group\(2\), already handled/],
  ] as const)
    it(`is told as one, that is handled: ${work} ${name}`, () => {
      const { stop, text } = stopAt(({ by }) => by?.work === work && by.name === name);
      assert.deepEqual(
        { cause: stop.cause, access: stop.access, handled: stop.handled, by: stop.by },
        { cause: 'cow', access: 'store', handled: true, by: { work, name } },
      );
      assert.match(stop.text, new RegExp(`^CoW fault: ${what.source}$`));
      assert.match(text.split('\n')[1], what);
    });

  it('is not one of the program, which is told with its expression before it is handled', () => {
    let hit = 0;
    const texts = faults.flatMap(({ by }) => {
      hit++;
      if (by) return [];
      const { stdout } = pagewalk(['inspect', '--break', 'fault:cow', '--hit', String(hit), '--json', program]);
      const { stop } = JSON.parse(stdout) as { stop: Stop };
      assert.deepEqual([stop.handled, stop.by], [false, undefined]);
      return [stop.text];
    });
    const one = (pattern: RegExp): void =>
      assert.equal(texts.filter((text) => pattern.test(text)).length, 1, `${pattern}: ${texts.join('\n')}`);
    one(/^CoW fault: store to one->value \(0x\w+, table\[3\]\.value\), frame 0x\w+ shared with pid 1$/);
    one(
      /^CoW fault: store to 0x\w+ in memset\(filled, i, 10\) \(anonymous memory rw-p\), frame 0x\w+ shared with pid 1$/,
    );
  });
});
