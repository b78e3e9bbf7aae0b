import path from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SYSCALLS } from '../../src/linux/syscalls/table.ts';
import { FuzzedMachine } from './fuzzed-machine.ts';
import { HostCanary } from './host-canary.ts';

/*
 * Random system calls in machines of their own, on every platform: nothing throws, nothing hangs, the invariants of
 * address spaces hold, every frame comes back when the last process has ended, and of the host no file changes and none
 * outside the root is read. `npm run fuzz -- CALLS [SEED]`.
 */

const CALLS_IN_A_MACHINE = 2000;
const MACHINES_BETWEEN_LOOKS = 500;
/** Milliseconds of no call coming back, after which the last one counts as hanging. */
const PATIENCE = 60_000;

/** Shared with the thread that makes the calls: the machine's seed, and a count that goes up with every machine. */
interface Job {
  readonly progress: Int32Array;
  readonly calls: number;
  readonly seed: number;
}

if (isMainThread) watch(Number(process.argv[2] ?? 10_000_000), Number(process.argv[3] ?? 1));
else fuzz(workerData as Job);

/** Runs the job in a thread of its own, and ends it when it stands still. */
function watch(calls: number, seed: number): void {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(process.argv[1], { workerData: { progress, calls, seed } satisfies Job });
  let seen = -1;
  const watchdog = setInterval(() => {
    const now = Atomics.load(progress, 0);
    if (now === seen) {
      console.error(`seed ${seed + now}: a system call hangs`);
      process.exit(1);
    }
    seen = now;
  }, PATIENCE);
  worker.on('error', (error) => console.error(error));
  worker.on('exit', (status) => {
    clearInterval(watchdog);
    process.exitCode = status;
  });
}

function fuzz({ progress, calls, seed: first }: Job): void {
  const canary = new HostCanary(path.resolve(`out/fuzz/host-${process.pid}`));
  const succeeded = new Set<number>();
  const started = performance.now();
  let [done, machines] = [0, 0];
  try {
    for (; done < calls; machines++) {
      Atomics.store(progress, 0, machines);
      done += fuzzOne(first + machines, canary, (number) => succeeded.add(number));
      if (machines % MACHINES_BETWEEN_LOOKS === 0) lookAt(canary);
    }
    lookAt(canary);
  } finally {
    canary.remove();
  }
  const seconds = (performance.now() - started) / 1000;
  const never = [...SYSCALLS].filter(([number]) => !succeeded.has(number)).map(([, { name }]) => name);
  console.log(`${done} system calls in ${machines} machines, ${seconds.toFixed(0)} s: nothing broke`);
  console.log(`${succeeded.size} of ${SYSCALLS.size} succeeded at least once; never: ${never.join(', ') || 'none'}`);
}

/** @returns how many calls were made. */
function fuzzOne(seed: number, canary: HostCanary, succeeded: (number: number) => void): number {
  const machine = new FuzzedMachine(seed, canary);
  try {
    machine.run(CALLS_IN_A_MACHINE, succeeded);
    return machine.count;
  } catch (error) {
    const { last } = machine;
    const name = last && (SYSCALLS.get(last.number)?.name ?? String(last.number));
    const args = last?.args.map((arg) => `0x${BigInt.asUintN(64, arg).toString(16)}`).join(', ');
    console.error(`seed ${seed}, call ${machine.count}: ${name}(${args})`);
    throw error;
  }
}

function lookAt(canary: HostCanary): void {
  const changes = canary.changes();
  if (changes !== undefined) throw new Error(`files of the host changed; ${changes}`);
}
