import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { SPACE_ADDRESS } from '../small-elf.ts';

/* What the fuzzer found in timers; how they should behave is in test/differential. */

const CENTURY = 100 * 365 * 86_400e9;

/** struct itimerspec, or itimerval with microseconds. */
function setting(interval: number, value: number): Uint8Array {
  return new Uint8Array(new BigInt64Array([0n, BigInt(interval), 0n, BigInt(value)]).buffer);
}

test('timers of a short interval go on a century after boot, where a nanosecond is lost in rounding', () => {
  const kernel = new KernelUnderTest();
  const { machine } = kernel;
  const SIGCONT = new BigInt64Array([0n, 18n]);
  const event = kernel.put(new Uint8Array(SIGCONT.buffer), SPACE_ADDRESS);
  const id = kernel.call('timer_create', 1, event, SPACE_ADDRESS + 64);
  machine.clock.skipTo(CENTURY);
  kernel.call('timer_settime', id, 0, kernel.put(setting(1, 1), SPACE_ADDRESS), 0);
  kernel.call('setitimer', 0, kernel.put(setting(1, 1), SPACE_ADDRESS), 0);
  machine.kernel.deadlines.wake(machine.clock.monotonic());
  assert.ok(machine.kernel.deadlines.earliest()! > machine.clock.monotonic());
  assert.ok(machine.clock.nextEvent <= machine.kernel.deadlines.earliest()!);
});
