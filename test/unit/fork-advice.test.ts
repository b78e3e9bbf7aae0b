import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_FRAME, type FrameNumber } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest, machineOf } from '../machine-of.ts';

const CLONE = 220;
const ENOUGH = { budget: 10_000_000 };
/** More than any fork of the program takes. */
const MOST_FRAMES = 60;

/** Two leaf tables, so that one page is a part of one. */
const SOURCE = `
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  char *area = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  area[0] = area[4096] = 's';
  madvise(area, 4096, MADV_WIPEONFORK);
  pid_t child = fork();
  if (child == 0) _exit(area[0]);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  printf("%s %d %c\\n", child > 0 ? "forked" : errno == ENOMEM ? "ENOMEM" : "failed", WEXITSTATUS(status), area[0]);
  return 0;
}`;

for (const platform of PLATFORM_NAMES.filter((name) => name !== 'single'))
  test(`${platform}: a child never sees memory that is wiped on fork, however little room there is`, () => {
    const program = compileGuest(SOURCE);
    const seen = new Set<string>();
    for (let left = 0; left < MOST_FRAMES; left++) {
      const machine = machineOf(program, { platform, check: true, memory: 4 * 2 ** 20 });
      machine.setSyscallBreakpoints(new Set([CLONE]));
      assert.equal(machine.run(ENOUGH).kind, 'syscall');
      const ballast: FrameNumber[] = [];
      const { frames } = machine;
      while (frames.available > left) ballast.push(frames.allocate(FrameUse.Private));
      for (const frame of ballast) frames.pin(frame);
      for (const frame of ballast) frames.release(frame);
      machine.run({ budget: 1 });
      for (const frame of ballast) frames.unpin(frame);
      assert.equal(ballast.includes(NO_FRAME), false);
      assert.equal(machine.run(ENOUGH).kind, 'exited');
      seen.add(machine.printed.stdout);
    }
    // Where the child runs in its parent's pages a fork may need no frame at all.
    seen.delete('ENOMEM 0 s\n');
    assert.deepEqual([...seen], ['forked 0 s\n']);
  });
