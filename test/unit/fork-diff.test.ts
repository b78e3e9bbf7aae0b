import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CowLedger } from '../../src/inspect/cow-ledger.ts';
import { forkDiff, forkDiffPages, liveForks, wholeForkDiff } from '../../src/inspect/fork-diff.ts';
import { toHex, virtAddr } from '../../src/memory/address.ts';
import { compileGuest, machineOf } from '../machine-of.ts';

/** The child writes the first page, uses the second, unmaps the third and leaves the fourth. */
const PROGRAM = `
  #include <stdio.h>
  #include <sys/mman.h>
  #include <sys/wait.h>
  #include <unistd.h>
  int main(void) {
    char *pages = mmap((void *)0x30000000, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    pages[0] = pages[2 * 4096] = pages[3 * 4096] = 1;
    if (fork() == 0) {
      pages[100] = 7;
      pages[101] = 8;
      pages[4096] = 9;
      munmap(pages + 2 * 4096, 4096);
      _exit(0);
    }
    wait(NULL);
  }`;
const PAGES = 0x3000_0000;
const guest = compileGuest(PROGRAM, '-O1');

describe('a fork diff', () => {
  for (const platform of ['independent', 'on-demand', 'partitioned', 'independent-eager'])
    it(`says of each page what became of it, and how many bytes differ, on ${platform}`, () => {
      const machine = machineOf(guest, { platform });
      const ledger = new CowLedger(machine);
      machine.listener = (event) => ledger.notice(event);
      machine.stopOn = (event) => event.kind === 'exit' && event.pid === 2;
      assert.equal(machine.run({ budget: Infinity }).kind, 'event');
      const [pair] = liveForks(machine, ledger);
      const { counts, pages } = wholeForkDiff(machine, ledger, pair);
      const at = (index: number): string => {
        const page = pages.find(({ va }) => va === toHex(PAGES + index * 4096));
        return page ? `${page.kind} ${page.bytes ?? '-'} ${page.first ?? '-'} ${page.text}` : 'same';
      };
      assert.equal(at(0), `split 2 ${toHex(PAGES + 100)} different frames, 2 bytes differ`);
      assert.equal(
        at(1),
        `new 1 ${toHex(PAGES + 4096)} only pid 2 has used it: 1 byte differs from what pid 1 would find`,
      );
      assert.equal(at(2), 'unmapped - - not mapped in pid 2');
      if (platform === 'independent-eager') assert.equal(at(3), 'split 0 - different frames, no bytes differ');
      else assert.equal(at(3), 'same');

      const [parent, child] = [machine.process(1)!, machine.process(2)!];
      for (const { va, bytes } of pages.filter((page) => page.bytes !== undefined)) {
        const [mine, theirs] = [parent, child].map((one) => machine.read(one, virtAddr(Number(va)), 4096));
        assert.equal([...mine].filter((byte, index) => byte !== theirs[index]).length, bytes, va);
      }
      for (const kind of ['split', 'new', 'unmapped', 'same'] as const) {
        const whole = forkDiffPages(machine, ledger, pair, kind, 0, Infinity);
        assert.equal(whole.total, counts[kind]);
        assert.deepEqual(forkDiffPages(machine, ledger, pair, kind, 1, 2).pages, whole.pages.slice(1, 3));
      }
      assert.deepEqual(forkDiff(machine, pair).counts, counts);
    });

  it('is of forks whose two sides are there', () => {
    const machine = machineOf(guest);
    const ledger = new CowLedger(machine);
    machine.listener = (event) => ledger.notice(event);
    assert.deepEqual(liveForks(machine, ledger), []);
    while (machine.run({ budget: Infinity }).kind !== 'exited');
    assert.equal([...ledger.forks].length, 1);
    assert.deepEqual(liveForks(machine, ledger), []);
  });
});
