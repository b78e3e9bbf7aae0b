import { NodeFiles } from '../../src/cli/node-files.ts';
import { Signal } from '../../src/linux/abi/signal-number.ts';
import { SYSCALL_NUMBERS, type SyscallName } from '../../src/linux/abi/syscall-number.ts';
import { SYSCALLS } from '../../src/linux/syscalls/table.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { checkInvariants } from '../../src/platform/invariants.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { CODE_ADDRESS, SPACE_ADDRESS } from '../small-elf.ts';
import { Arguments } from './arguments.ts';
import { Dice } from './dice.ts';
import type { HostCanary } from './host-canary.ts';
import { BUFFERS_ADDRESS, structures } from './layout.ts';
import { SIGNATURES } from './signatures.ts';

const CALLS_BETWEEN_CHECKS = 200;
const CALLS_BETWEEN_REFILLS = 50;
const A0 = 10;
const MAX_ERRNO = 4095n;
const INTERRUPTS = 100;
const MEMORY = 4 * 2 ** 20;

const NAMES = [...SYSCALLS.values()].map(({ name }) => name);
/** Calls after which little is left to try: made rarely. */
const ENDS: ReadonlySet<SyscallName> = new Set<SyscallName>([
  ...(['exit', 'exit_group', 'rt_sigreturn', 'kill', 'tkill', 'tgkill', 'close_range', 'execve'] as const),
]);

interface Call {
  readonly number: number;
  readonly args: readonly bigint[];
}

/** Random system calls, and accesses to memory between them, in a machine of their own; all of it follows from the seed. */
export class FuzzedMachine {
  readonly #dice: Dice;
  readonly #arguments: Arguments;
  readonly #under: KernelUnderTest;
  readonly #canary: HostCanary | undefined;
  #interrupts = 0;
  /** The calls that were made. */
  count = 0;
  last: Call | undefined;

  /** @param canary the root of every second machine; the others have the program alone. */
  constructor(seed: number, canary?: HostCanary) {
    this.#dice = new Dice(seed);
    this.#arguments = new Arguments(this.#dice);
    this.#canary = this.#dice.oneIn(2) ? canary : undefined;
    this.#under = new KernelUnderTest({
      memory: MEMORY,
      platform: PLATFORM_NAMES[seed % PLATFORM_NAMES.length],
      ...(this.#canary && { below: new NodeFiles(this.#canary.root) }),
    });
    this.#handleSignals();
    if (!this.#dice.oneIn(3)) this.#openFiles();
  }

  /**
   * Makes up to `calls` system calls; fewer when no task can go on.
   * @param succeeded told of each that gave a result.
   * @throws what went wrong.
   */
  run(calls: number, succeeded?: (number: number) => void): void {
    const under = this.#under;
    for (; this.count < calls && this.#schedule(); this.count++) {
      if (this.count % CALLS_BETWEEN_REFILLS === 0)
        under.thread.process.memory.writeSome(SPACE_ADDRESS, structures(this.#dice));
      if (this.#dice.oneIn(4)) this.#touch();
      const call = this.#call();
      this.last = call;
      if (under.enter(call.number, ...call.args) === 'done') {
        const result = under.machine.hart.x(A0);
        this.#arguments.remember(result);
        if (BigInt.asUintN(64, -result) > MAX_ERRNO || result === 0n) succeeded?.(call.number);
      }
      if (this.count % CALLS_BETWEEN_CHECKS === 0) this.#check();
    }
    this.#check();
    this.#end();
  }

  #call(): Call {
    const dice = this.#dice;
    if (dice.oneIn(64)) return { number: dice.below(512), args: this.#anyArguments() };
    let name = dice.pick(NAMES);
    while (ENDS.has(name) && !dice.oneIn(16)) name = dice.pick(NAMES);
    const args = this.#anyArguments();
    const kinds = SIGNATURES[name]?.split(' ') ?? [];
    // Calls as they are meant, with one wrong argument, and wrong altogether.
    const wrong = dice.below(8);
    const isWrong = (index: number): boolean => wrong === 0 || wrong - 1 === index;
    kinds.forEach((kind, i) => {
      if (!isWrong(i)) args[i] = this.#arguments.ofKind(kind);
    });
    return { number: SYSCALL_NUMBERS[name], args };
  }

  #anyArguments(): bigint[] {
    return Array.from({ length: 6 }, () => this.#arguments.ofNoKind());
  }

  /** Loads or stores a few bytes, as the program would between two calls. */
  #touch(): void {
    const { memory } = this.#under.thread.process;
    const va = virtAddr(this.#arguments.address());
    const bytes = new Uint8Array(1 + this.#dice.below(16)).fill(this.#dice.next());
    if (this.#dice.oneIn(2)) memory.writeSome(va, bytes);
    else memory.readSome(va, bytes);
  }

  /** Puts a task that can run on the hart. @returns false when none ever will. */
  #schedule(): boolean {
    const { kernel, machine } = this.#under;
    for (let tries = 0; tries < 100; tries++) {
      kernel.deadlines.wake(machine.clock.monotonic());
      if (machine.clock.nextEvent > (kernel.deadlines.earliest() ?? Infinity))
        throw new Error('something wakes by itself, and nobody looks for it');
      const tasks = kernel.tasks().filter(({ state }) => state === 'runnable');
      if (tasks.length === 0) {
        const deadline = kernel.deadlines.earliest();
        if (deadline !== undefined) machine.clock.skipTo(deadline);
        else if (!this.#interrupt()) return false;
        continue;
      }
      const task = tasks[(this.count >>> 3) % tasks.length];
      if (task !== kernel.current) this.#under.switchTo(task);
      if (kernel.deliverSignals()) return true;
    }
    return false;
  }

  /** Interrupts everyone who waits for what may never come. @returns false when that has been done often enough. */
  #interrupt(): boolean {
    const { kernel } = this.#under;
    if (this.#interrupts++ > INTERRUPTS) return false;
    for (const pid of [...kernel.processes.keys()]) kernel.kill(pid, Signal.SIGUSR1);
    return true;
  }

  /** Without a handler the first signal would be the end. */
  #handleSignals(): void {
    const action = new BigUint64Array([BigInt(CODE_ADDRESS), 0n, 0n]);
    this.#under.put(new Uint8Array(action.buffer));
    for (const signal of [Signal.SIGUSR1, Signal.SIGUSR2, Signal.SIGALRM, Signal.SIGPIPE])
      this.#under.call('rt_sigaction', signal, SPACE_ADDRESS, 0, 8);
  }

  /** Descriptors of every sort, so that calls that need one find it. */
  #openFiles(): void {
    const under = this.#under;
    const [nonBlocking, structure] = [0o4000, BUFFERS_ADDRESS];
    const address = under.put('\x01\0\0a', SPACE_ADDRESS);
    under.call('pipe2', structure, this.#dice.pick([0, nonBlocking]));
    under.call('socketpair', 1, this.#dice.pick([1, 2, 5]), 0, structure);
    under.call('epoll_create1', 0);
    under.call('eventfd2', 1, this.#dice.pick([0, nonBlocking]));
    under.call('timerfd_create', 1, 0);
    under.call('inotify_init1', nonBlocking);
    under.call('memfd_create', under.put('m', structure), 2);
    const [listener, client] = [0, nonBlocking].map((flags) => under.call('socket', 1, 1 | flags, 0));
    this.#registerUserFaults();
    under.call('bind', listener, address, 4);
    under.call('listen', listener, 5);
    under.call('connect', client, address, 4);
  }

  /** A userfaultfd that is told of the missing pages of a mapping. */
  #registerUserFaults(): void {
    const under = this.#under;
    const length = 16 * 4096;
    const mapped = under.call('mmap', 0, length, 3, 0x22, -1, 0);
    const file = under.call('userfaultfd', 1);
    if (mapped < 0 || file < 0) return;
    this.#arguments.remember(BigInt(mapped));
    const words = (...values: number[]): number =>
      under.put(new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer), BUFFERS_ADDRESS);
    under.call('ioctl', file, 0xc018_aa3f, words(0xaa, 0, 0));
    under.call('ioctl', file, 0xc020_aa00, words(mapped, length, 1, 0));
  }

  #check(): void {
    const [violation] = checkInvariants(this.#under.machine.inspector, this.#under.machine.mmu);
    if (violation) throw new Error(`a broken invariant: ${JSON.stringify(violation)}`);
  }

  /** Ends every process: no task and no frame may be left, and nothing of the host but what is in the root was seen. */
  #end(): void {
    const { kernel, machine } = this.#under;
    for (const pid of [...kernel.processes.keys()]) kernel.kill(pid, 9);
    if (kernel.tasks().length > 0) throw new Error('a task survived SIGKILL');
    if (machine.frames.used > 0) throw new Error(`${machine.frames.used} frames are left in use`);
    if (this.#canary?.isIn(machine.memory.u8)) throw new Error('the guest has read a file outside its root');
  }
}
