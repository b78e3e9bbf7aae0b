import type { Engine } from '../cpu/engine.ts';
import { HartState } from '../cpu/hart-state.ts';
import { Interpreter } from '../cpu/interpreter.ts';
import { TranslatorEngine, type TranslatorOptions } from '../cpu/translator/translator-engine.ts';
import { Clock } from '../linux/clock.ts';
import type { KernelHost } from '../linux/host.ts';
import { Kernel } from '../linux/kernel.ts';
import type { LoadError } from '../linux/load-error.ts';
import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import { pageFloor, PAGE_SIZE, type VirtAddr } from '../memory/address.ts';
import { FrameTable } from '../memory/frames.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { Mmu } from '../memory/mmu.ts';
import { PageTables, SV39, type PagingMode } from '../memory/page-table.ts';
import { TRACED, UNTRACED } from '../platform/address-space.ts';
import type { Inspector } from '../platform/inspector.ts';
import type { AddressSpaceProvider } from '../platform/provider.ts';
import { createProvider } from '../platform/registry.ts';
import type { AccessFault } from '../platform/space-access.ts';
import { err, ok, type Result } from '../result.ts';
import type { MachineAlarm, MachineEvent } from './machine-event.ts';
import { RegisterFile } from './register-file.ts';
import { RunLoop } from './run-loop.ts';
import { Scheduler } from './scheduler.ts';
import { MachineStats } from './stats.ts';
import type { PassableStop, RunOptions, Stop } from './stop.ts';
import { Watchpoints } from './watchpoints.ts';

export interface MachineOptions {
  /** Guest path of the program. */
  readonly program: string;
  /** What error messages call the program: the name that the user gave. */
  readonly programName?: string;
  /** Including argv[0]. */
  readonly argv: readonly string[];
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** Guest path. */
  readonly cwd: string;
  /** A name of platform/registry.ts. */
  readonly platform: string;
  /** Bytes of guest RAM. */
  readonly memory: number;
  readonly host: KernelHost;
  readonly paging?: PagingMode;
  /** Instructions of a turn. */
  readonly quantum?: number;
  /** Turns are of random lengths, which this decides. */
  readonly schedule?: number | undefined;
  /** Stacks, heaps, libraries and position-independent programs are put at random places, which this decides (ASLR). */
  readonly aslr?: number | undefined;
  /** Check the invariants of address spaces after every transition: a broken one is a stop. */
  readonly check?: boolean;
  /** `untraced`: nobody will ask where handles of address spaces were made and consumed. They are `traced` by default. */
  readonly handles?: 'traced' | 'untraced';
  /** What executes the guest: `auto`, the default, translates hot code to WebAssembly. */
  readonly engine?: 'auto' | 'interpreter';
  /** How eagerly `auto` translates: for tests. */
  readonly translator?: TranslatorOptions;
}

type StopOn = (event: MachineEvent, isOffered: boolean) => boolean;

/** One guest computer: a hart, its memory, a platform and the Linux shim, and what is needed to run and look at them. */
export class Machine {
  readonly memory: GuestMemory;
  readonly frames: FrameTable;
  readonly mmu: Mmu;
  readonly hart: HartState;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly scheduler: Scheduler;
  readonly stats: MachineStats;
  /** What the debugger watches. */
  readonly watchpoints: Watchpoints;
  /** Asked before a signal is delivered while `stopOn` is not set, which it costs less than: true makes `run` return. */
  stopOnSignal: ((event: Extract<MachineEvent, { kind: 'signal' }>) => boolean) | undefined;
  /**
   * Asked before `run` returns for a breakpoint or a watch, with the task's registers on the hart: whether it goes on as if
   * there were none. Here a condition that is false costs least; nothing may be changed.
   */
  passes: ((stop: PassableStop) => boolean) | undefined;
  /** Receives what a person should be told in any case; rare. */
  alarm: ((event: MachineAlarm) => void) | undefined;
  readonly #loop: RunLoop;
  readonly #onHart: RegisterFile;
  #listener: ((event: MachineEvent) => void) | undefined;
  #stopOn: StopOn | undefined;
  #checks: boolean;

  private constructor(
    readonly options: MachineOptions,
    readonly provider: AddressSpaceProvider,
    parts: { memory: GuestMemory; frames: FrameTable; tables: PageTables },
  ) {
    this.memory = parts.memory;
    this.frames = parts.frames;
    this.mmu = new Mmu(parts.frames, parts.tables);
    this.hart = new HartState(parts.memory);
    this.engine =
      options.engine === 'interpreter'
        ? new Interpreter(this.hart, this.mmu)
        : new TranslatorEngine(this.hart, this.mmu, options.translator);
    this.clock = new Clock(this.hart, options.host.bootTime);
    this.engine.time = () => Math.floor(this.clock.monotonic() / 100);
    this.kernel = new Kernel({
      provider,
      frames: parts.frames,
      hart: this.hart,
      host: options.host,
      clock: this.clock,
      aslr: options.aslr,
      deactivate: () => provider.deactivate(this.mmu),
    });
    this.scheduler = new Scheduler(options.quantum, options.schedule);
    this.watchpoints = new Watchpoints(this);
    this.stats = new MachineStats(this.kernel, provider);
    this.#checks = options.check ?? false;
    this.#loop = new RunLoop(this);
    const { state } = parts.memory.layout;
    this.#onHart = new RegisterFile(parts.memory.u8.subarray(state, state + PAGE_SIZE));
  }

  /** A machine with the program loaded and nothing executed yet. */
  static create(options: MachineOptions): Result<Machine, LoadError> {
    const memory = new GuestMemory(options.memory);
    const frames = new FrameTable(memory);
    const tables = new PageTables(frames, options.paging ?? SV39);
    const provider = createProvider(options.platform, {
      frames,
      tables,
      trace: options.handles === 'untraced' ? UNTRACED : TRACED,
    });
    if (!provider.ok) return err({ message: provider.error.message, exitCode: 68, errno: 22 });
    const machine = new Machine(options, provider.value, { memory, frames, tables });
    const started = machine.kernel.start({
      path: options.program,
      argv: [...options.argv],
      env: [...options.env],
      cwd: options.cwd,
    });
    return started.ok ? ok(machine) : err(inUsersWords(started.error, options));
  }

  /** Receives every event, in order. While neither this nor `stopOn` is set, no events are made. */
  get listener(): ((event: MachineEvent) => void) | undefined {
    return this.#listener;
  }

  set listener(listener: ((event: MachineEvent) => void) | undefined) {
    this.#listener = listener;
    this.#loop.listen();
  }

  /**
   * Asked for every event: true makes `run` return. See `Stop` for when. `isOffered`: nothing of it has happened yet, so that
   * all there is to know of the machine can be asked.
   */
  get stopOn(): StopOn | undefined {
    return this.#stopOn;
  }

  set stopOn(stopOn: StopOn | undefined) {
    this.#stopOn = stopOn;
    this.#loop.listen();
  }

  /** Whether the invariants of address spaces are checked after every transition; at first as the options say. */
  get checks(): boolean {
    return this.#checks;
  }

  set checks(checks: boolean) {
    if (checks === this.#checks) return;
    this.#checks = checks;
    if (checks) this.#loop.checkAnew();
    this.#loop.listen();
  }

  /** Whether `run` returns before the last process is torn down, however it ends. */
  get stopsAtEnd(): boolean {
    return this.kernel.lifeCycle.holdsLastEnd;
  }

  set stopsAtEnd(stops: boolean) {
    this.kernel.lifeCycle.holdsLastEnd = stops;
  }

  get inspector(): Inspector {
    return this.provider.inspector;
  }

  /** The task whose registers are on the hart. */
  get current(): Task | undefined {
    return this.kernel.current;
  }

  tasks(): readonly Task[] {
    return this.kernel.tasks();
  }

  process(pid: number): Process | undefined {
    return this.kernel.processes.get(pid);
  }

  /** Runs until something in `Stop` happens. Never throws on anything a guest does. */
  run(options: RunOptions): Stop {
    return this.#loop.run(options);
  }

  setBreakpoints(addresses: Iterable<VirtAddr>): void {
    this.engine.setBreakpoints(new Set(addresses));
  }

  /** System calls, by number, to stop at before they are made. */
  setSyscallBreakpoints(numbers: ReadonlySet<number>): void {
    this.#loop.setSyscallBreakpoints(numbers);
  }

  registers(task: Task): RegisterFile {
    return task === this.current ? this.#onHart : new RegisterFile(task.context);
  }

  /** Memory as the process sees it, without touching anything: bytes up to the first unmapped page. */
  read(process: Process, va: VirtAddr, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    const space = process.space && this.provider.label(process.space);
    while (space !== undefined && done < length) {
      const at = va + done;
      const page = pageFloor(at);
      const source = this.inspector.peek(space, page);
      if (!source) break;
      const part = source.subarray(at - page, Math.min(PAGE_SIZE, at - page + length - done));
      bytes.set(part, done);
      done += part.length;
    }
    return done === length ? bytes : bytes.subarray(0, done);
  }

  /** Writes as a store of the process would: it breaks copy-on-write, and may write text (see `SpaceAccess.poke`). */
  write(process: Process, va: VirtAddr, bytes: Uint8Array): Result<void, AccessFault> {
    if (!process.space) return err({ va, cause: 'unmapped', done: 0 });
    const { watched } = this.frames;
    // What the debugger does is not what is watched for.
    watched.isSuspended = true;
    try {
      return this.provider.with(process.space, (access) => access.poke(va, bytes));
    } finally {
      watched.isSuspended = false;
    }
  }

  /** Kills a process, as SIGKILL would; it is gone when the machine next runs. */
  terminate(process: Process): void {
    const SIGKILL = 9;
    this.kernel.kill(process.pid, SIGKILL);
  }
}

/** The shim names the program by its guest path, which the user may never have seen. */
function inUsersWords(error: LoadError, { program, programName = program }: MachineOptions): LoadError {
  if (!error.message.startsWith(program)) return error;
  return { ...error, message: programName + error.message.slice(program.length) };
}
