import { SYSCALL_NUMBERS } from '../../src/linux/abi/syscall-number.ts';
import { SYSCALLS } from '../../src/linux/syscalls/table.ts';
import { checkInvariants } from '../../src/platform/invariants.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { CODE_ADDRESS, SPACE_ADDRESS } from '../small-elf.ts';

/*
 * Random system calls in machines of their own, on every platform: nothing throws, nothing hangs, the invariants of
 * address spaces hold, and every frame comes back when the last process has ended. `npm run fuzz -- CALLS [SEED]`.
 */

const CALLS_IN_A_MACHINE = 2000;
const CALLS_BETWEEN_CHECKS = 200;
/** Milliseconds after which one system call counts as hanging. */
const PATIENCE = 10_000;

/** mulberry32: good enough to pick arguments, and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const BOUNDARIES = [0, 1, 2, 3, 4, 5, 8, 17, 64, 100, 4095, 4096, 65536, -1, -2, -100, -4096].map(BigInt);
const POWERS = [31n, 32n, 38n, 46n, 47n, 62n, 63n].map((power) => 1n << power);
const NUMBERS = [...SYSCALLS.keys()];
const ENDS: readonly number[] = (['exit', 'exit_group', 'rt_sigreturn', 'kill', 'tkill'] as const).map(
  (name) => SYSCALL_NUMBERS[name],
);
const PATHS = [
  '/program',
  '/dev/null',
  '/proc/self/maps',
  '/proc/self/fd/3',
  '/tmp/x',
  '/dev/shm/y',
  '..',
  '',
  'made/up',
];

interface Call {
  readonly number: number;
  readonly args: readonly bigint[];
}

class Round {
  readonly #next: () => number;
  readonly #under: KernelUnderTest;
  readonly calls: Call[] = [];

  constructor(seed: number) {
    this.#next = generator(seed);
    const platform = PLATFORM_NAMES[seed % PLATFORM_NAMES.length];
    this.#under = new KernelUnderTest({ memory: 4 * 2 ** 20, platform });
    for (let at = 0; at < 0x400; at += 16) {
      const path = this.#next() % 3 === 0 ? PATHS[this.#next() % PATHS.length] : undefined;
      const words = new BigInt64Array([this.#argument(), this.#argument()].map((word) => BigInt.asIntN(64, word)));
      this.#under.put(path === undefined ? new Uint8Array(words.buffer) : path, SPACE_ADDRESS + at);
    }
  }

  /** @throws what went wrong. */
  run(count: number): void {
    const under = this.#under;
    for (let i = 0; i < count && this.#schedule(); i++) {
      const number = this.#number();
      const call = { number, args: Array.from({ length: 6 }, () => this.#argument()) };
      this.calls.push(call);
      const started = performance.now();
      under.enter(number, ...call.args);
      if (performance.now() - started > PATIENCE) throw new Error('a system call took too long');
      if (i % CALLS_BETWEEN_CHECKS === 0) this.#check();
    }
    this.#check();
    for (const pid of [...under.kernel.processes.keys()]) under.kernel.kill(pid, 9);
    if (under.kernel.tasks().length > 0) throw new Error('a task survived SIGKILL');
    if (under.machine.frames.used > 0) throw new Error(`${under.machine.frames.used} frames are left in use`);
  }

  /** A system call: now and then one that does not exist, and rarely one that ends the process. */
  #number(): number {
    if (this.#next() % 16 === 0) return this.#next() % 512;
    const number = NUMBERS[this.#next() % NUMBERS.length];
    return ENDS.includes(number) && this.#next() % 16 !== 0 ? this.#number() : number;
  }

  /** Puts a task that can run on the hart. @returns false when none ever will. */
  #schedule(): boolean {
    const { kernel, machine } = this.#under;
    for (let tries = 0; tries < 100; tries++) {
      kernel.wakeSleepers(machine.clock.monotonic());
      const task = kernel.tasks().find(({ state }) => state === 'runnable');
      if (!task) {
        const deadline = kernel.earliestDeadline();
        if (deadline === undefined) return false;
        machine.clock.skipTo(deadline);
        continue;
      }
      if (task !== kernel.current) this.#under.switchTo(task);
      if (kernel.deliverSignals()) return true;
    }
    return false;
  }

  #check(): void {
    const [violation] = checkInvariants(this.#under.machine.inspector, this.#under.machine.mmu);
    if (violation) throw new Error(`a broken invariant: ${JSON.stringify(violation)}`);
  }

  #argument(): bigint {
    const random = this.#next();
    const pick = <T>(choices: readonly T[]): T => choices[(random >>> 4) % choices.length];
    switch (random % 8) {
      case 0:
      case 1:
        return pick(BOUNDARIES);
      case 2:
        return pick(POWERS) - BigInt((random >>> 12) & 1);
      case 3:
      case 4:
        return BigInt(SPACE_ADDRESS + ((random >>> 4) % 0x400) * 4);
      case 5:
        return BigInt(SPACE_ADDRESS + ((random >>> 4) % 6) * 4096);
      case 6:
        return pick([BigInt(CODE_ADDRESS), 0x3f_ffff_f000n, 0x3f_ffff_e000n, 0x40_0000_0000n]);
      default:
        return (BigInt(this.#next()) << 32n) | BigInt(this.#next());
    }
  }
}

const [wanted, firstSeed] = [Number(process.argv[2] ?? 10_000_000), Number(process.argv[3] ?? 1)];
let done = 0;
let seed = firstSeed;
const started = performance.now();
for (; done < wanted; seed++) {
  const round = new Round(seed);
  try {
    round.run(CALLS_IN_A_MACHINE);
  } catch (error) {
    const last = round.calls.at(-1);
    const name = last && (SYSCALLS.get(last.number)?.name ?? String(last.number));
    const args = last?.args.map((arg) => `0x${BigInt.asUintN(64, arg).toString(16)}`).join(', ');
    console.error(`seed ${seed}, call ${round.calls.length}: ${name}(${args})`);
    console.error(error);
    process.exit(1);
  }
  done += round.calls.length;
}
const seconds = (performance.now() - started) / 1000;
console.log(`${done} system calls in ${seed - firstSeed} machines, ${seconds.toFixed(0)} s: nothing broke`);
