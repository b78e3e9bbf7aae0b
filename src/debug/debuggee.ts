import type { ChangeMarks } from '../inspect/changes/change-marks.ts';
import { CowLedger } from '../inspect/cow-ledger.ts';
import type { EventPlace } from '../inspect/fork-tree.ts';
import { changesOf } from '../linux/files/changes.ts';
import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import { Machine } from '../machine/machine.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import { ok, type Result } from '../result.ts';
import type { Activation } from '../symbols/activations.ts';
import type { Breakpoints, Hit } from './breakpoints.ts';
import { CallStack, type StackFrame } from '../program/call-stack.ts';
import type { Client } from './client.ts';
import { CppExceptions, isException } from './cpp-exceptions.ts';
import { CodeView } from './code-view.ts';
import type { DebugHost } from './debug-host.ts';
import { EventConditions } from './event-conditions.ts';
import { Evaluator } from './expressions/evaluator.ts';
import type { Circumstances } from './expressions/debug-moment.ts';
import type { ExceptionFilters } from './exception-filters.ts';
import { FrameIds } from './frame-ids.ts';
import { GuestConsole } from './guest-console.ts';
import { isLastEnd, LAST_STATE, programEndText } from './last-state.ts';
import { Listings } from './listing.ts';
import { loadMachine } from './load-machine.ts';
import { MyCode } from './my-code.ts';
import { ImageTable } from '../program/images.ts';
import type { LaunchConfig } from './launch.ts';
import { RunControl, type Halt, type RunListener } from './run-control.ts';
import type { ValueScope } from './scopes/symbol-values.ts';
import { deadlockText } from '../program/deadlock-text.ts';
import { MemoryNames } from '../program/names/memory-names.ts';
import { baseName } from '../program/source-map.ts';
import { SourcePlaces } from '../program/source-places.ts';
import { ProgramSources } from './program-sources.ts';
import { Progress } from './progress.ts';
import { nowhere, runTo } from './stepping.ts';
import { Endings } from '../program/faults/endings.ts';
import type { FaultStory } from '../program/faults/story.ts';
import { haltSentence, haltText, violationText } from './stop-reason.ts';
import { eventText } from '../program/event-text.ts';
import { StopChanges } from './stop-changes.ts';
import { StopReporter } from './stop-reporter.ts';
import { ThreadLog } from './threads.ts';
import { SyscallNotes } from './syscall-notes.ts';
import { VariableStore } from './variable-store.ts';
import { watchScope } from './watch-scope.ts';
import type { Watches } from './watches.ts';

export interface DebuggeeParts {
  readonly host: DebugHost;
  readonly client: Client;
  readonly breakpoints: Breakpoints;
  readonly watches: Watches;
  readonly filters: ExceptionFilters;
}

/** One run of the program under the debugger: what a restart replaces. */
export class Debuggee implements RunListener {
  readonly run: RunControl;
  readonly images: ImageTable;
  /** What lies at an address, in words. */
  readonly names: MemoryNames;
  readonly sources: ProgramSources;
  /** Whose code is what. */
  readonly mine: MyCode;
  readonly listings: Listings;
  readonly code: CodeView;
  readonly store = new VariableStore();
  readonly frames: FrameIds;
  readonly evaluator: Evaluator;
  /** Why the machine stands still; `undefined` while it runs. */
  halt: Halt | undefined;
  /** The task that the user looks at. */
  focus: Task;
  /** Which of its frames: 0 is the innermost. */
  #level = 0;
  readonly reporter: StopReporter;
  /** Explains the system calls of a step that goes into them. */
  readonly notes: SyscallNotes;
  /** Since when pages are shared, and how that ended. */
  readonly ledger: CowLedger;
  /** What has changed since the last stop, and which rows of views are about it. */
  readonly changes: StopChanges;
  readonly #places: SourcePlaces;
  readonly #progress: Progress;
  readonly #threads: ThreadLog;
  readonly #told = new Set<string>();
  readonly #endings: Endings;
  readonly #conditions: EventConditions;
  /** pid of the program that was launched. */
  readonly #first: number;
  /** What ended it, where a signal did. */
  #ending: FaultStory | undefined;
  #hasEnded = false;

  private constructor(
    readonly config: LaunchConfig,
    readonly machine: Machine,
    readonly console: GuestConsole,
    private readonly parts: DebuggeeParts,
  ) {
    const { host, client, breakpoints, watches, filters } = parts;
    const tellOnce = (sentence: string): void => this.#tellOnce(sentence);
    this.images = new ImageTable(machine, machine.options.host.files, tellOnce, (name) => {
      const { program } = config;
      const path = name.startsWith('/') ? name : program.slice(0, program.lastIndexOf('/') + 1) + name;
      const file = host.exists(path) ? host.readFile(path) : undefined;
      return file?.ok ? file.value : undefined;
    });
    this.sources = new ProgramSources({ config, host, machine, images: this.images, tellOnce });
    this.names = new MemoryNames(machine, this.images);
    this.mine = new MyCode(config.justMyCode, machine, this.images);
    this.listings = new Listings(machine, this.images);
    this.code = new CodeView(machine, this.images, this.mine);
    this.frames = new FrameIds((task) => new CallStack(machine, this.images, task, this.code.hidden(task)));
    this.evaluator = new Evaluator(this.values, this.images, this.mine.own);
    this.#conditions = new EventConditions({
      machine,
      images: this.images,
      evaluator: this.evaluator,
      print: (line) => this.#print(line),
      tellOnce,
    });
    this.reporter = new StopReporter(client);
    this.#progress = new Progress(client, () => host.now());
    this.focus = machine.tasks()[0];
    this.#first = this.focus.process.pid;
    machine.stopsAtEnd = config.stopAtExit && !config.noDebug;
    this.#threads = new ThreadLog((body) => {
      // What was printed before comes before.
      console.flush();
      client.event('thread', body);
    });
    this.notes = new SyscallNotes(machine);
    this.#places = new SourcePlaces(machine, this.images, this.sources.map);
    this.ledger = new CowLedger(machine, (event) => this.#places.at(event));
    this.changes = new StopChanges(machine, this.ledger, this.names);
    this.#endings = new Endings(machine, this.images, this.names, this.#places);
    machine.listener = (event) => {
      if (event.kind === 'signal' && filters.signals.prints(event.name)) this.#print(`${eventText(machine, event)}.`);
      if (!config.noDebug) {
        this.ledger.notice(event);
        this.changes.tracker.notice(event);
        if (event.kind === 'unmap') this.names.noticeUnmap(event, this.#places.at(event)?.text);
        else if (event.kind === 'signal' && event.action === 'terminate' && event.pid === this.#first)
          this.#ending = this.#endings.story(event);
      }
      this.#threads.follow(event);
      this.notes.notice(event);
    };
    this.run = new RunControl({
      host,
      machine,
      code: this.code,
      console,
      breakpoints,
      watches,
      filters,
      exceptions: new CppExceptions(machine, this.images),
      followFork: config.followFork,
      noDebug: config.noDebug,
      listener: this,
      concerns: (task, event) => this.mine.concerns(task, event),
      holds: (...asked) => this.#conditions.holds(...asked),
    });
  }

  /** Why the program cannot be loaded: a sentence for the user; `undefined` if it can. */
  static problem(config: LaunchConfig, parts: DebuggeeParts): string | undefined {
    const loaded = loadMachine(config, parts);
    return loaded.ok ? undefined : loaded.error;
  }

  /** Loads the program; nothing of it has run yet. An error is a sentence for the user. */
  static load(config: LaunchConfig, parts: DebuggeeParts): Result<Debuggee, string> {
    const loaded = loadMachine(config, parts);
    if (!loaded.ok) return loaded;
    const { machine, console } = loaded.value;
    const debuggee = new Debuggee(config, machine, console, parts);
    const conditions = debuggee.#conditions;
    const scope = conditions.breakpointScope(debuggee.sources.map, () => debuggee.focus.process.pid);
    parts.breakpoints.attach(scope);
    const conditionProblem = (condition: string): string | undefined => conditions.problem(condition);
    parts.watches.attach(watchScope(machine, debuggee.images, { isTrue: scope.isTrue, conditionProblem }));
    parts.filters.attach(conditionProblem);
    debuggee.run.watchesChanged();
    debuggee.filtersChanged();
    debuggee.sources.adviseOnProgram(debuggee.focus.process);
    for (const path of parts.breakpoints.sources()) debuggee.sources.adviseOnBreakpoints(path);
    return ok(debuggee);
  }

  get marks(): ChangeMarks {
    return this.changes.marks;
  }

  get values(): ValueScope {
    return {
      machine: this.machine,
      images: this.images,
      print: (line) => this.#print(line),
      noticed: (event) => this.ledger.notice(event, true),
      scalar: (at, text) => this.evaluator.scalar(at, text),
      assign: (at, target, value) => this.evaluator.assign(at, target, value),
    };
  }

  /** To be called when other events are to be stopped at. */
  filtersChanged(): void {
    const { check, noDebug } = this.config;
    this.machine.checks = check || (!noDebug && this.parts.filters.has('invariant'));
    this.run.breakpointsChanged();
  }

  /** Runs from the start: to `main`, or its first instruction, with stopOnEntry. */
  begin(): void {
    const { stopOnEntry, noDebug } = this.config;
    const first = this.machine.tasks()[0];
    this.#threads.started(first.tid, first.process.pid);
    if (!stopOnEntry || noDebug) {
      this.resume(() => this.run.continue());
      return;
    }
    const symbols = this.images.program(first.process)?.symbols;
    const main = symbols?.functionNamed('main');
    this.resume(() =>
      this.run.step(
        { task: first, mine: true },
        main === undefined ? nowhere() : runTo([symbols!.prologueEnd(main)]),
        'entry',
      ),
    );
  }

  /** What the stop is about, for the variables that tell it. */
  get circumstances(): Circumstances {
    const { halt } = this;
    switch (halt?.kind) {
      case 'event':
        return { event: halt.event };
      case 'invariant':
        return { violation: halt.violation };
      case 'watch':
        return halt.stop.circumstances;
      default:
        return {};
    }
  }

  /** Forgets what was true while the machine stood still, and lets it go on. */
  resume(go: () => void): void {
    if (this.halt) this.changes.tracker.begin();
    this.halt = undefined;
    this.#forgetStop();
    go();
  }

  /** Ends the run where it is, as whoever stops a program for good does: what it has changed below its root may be kept. */
  finish(): void {
    if (this.#hasEnded) return;
    this.save();
    this.abandon();
  }

  /** Makes the guest's changes below its root on the host, if that is what the user wants of them. */
  save(): void {
    const { root, rootMode } = this.config;
    if (rootMode !== 'save' || root === undefined) return;
    const saved = this.parts.host.saveChanges(root, changesOf(this.machine.kernel.files.root));
    if (!saved.ok) this.parts.client.print('important', `${saved.error}\n`);
  }

  /** Ends the run without a word. */
  abandon(): void {
    this.#hasEnded = true;
    this.run.abandon();
    this.progressed();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  task(tid: number): Task | undefined {
    return this.machine.tasks().find((task) => task.tid === tid);
  }

  stack(task: Task): CallStack {
    return this.frames.stack(task);
  }

  /** The frame that the user looks at. */
  get frame(): StackFrame {
    const stack = this.stack(this.focus);
    return stack.at(this.#level) ?? stack.at(0)!;
  }

  /** Makes a frame the one that is looked at: what the user does in the call stack. */
  look({ task, level }: Pick<StackFrame, 'task' | 'level'>): void {
    this.focus = task;
    this.#level = level;
  }

  /** Makes a task the one that is looked at, for the client as well. */
  select(task: Task): void {
    this.look({ task, level: 0 });
    this.reporter.selected(task);
  }

  /**
   * To be called when the user has changed registers, memory or processes: what is asked from now on is read again.
   * @returns what tells the client so.
   */
  changed(): () => void {
    this.changes.tracker.outdate();
    this.store.outdate();
    const areStacksOthers = this.frames.outdate();
    return () => this.reporter.stateChanged(areStacksOthers);
  }

  /** A stop with what there is to say of it besides. */
  #explained(stop: Halt, notes: readonly string[]): Halt {
    switch (stop.kind) {
      case 'step':
        return notes.length === 1 ? { ...stop, note: notes[0] } : stop;
      case 'event':
        return isException(stop.event) ? stop : { ...stop, story: this.#endings.storyOf(stop.task, stop.event) };
      case 'ending':
        return { ...stop, story: this.#ending };
      case 'deadlock':
        return { ...stop, text: deadlockText(this.machine, { names: this.names, places: this.#places }, stop.waits) };
      default:
        return stop;
    }
  }

  halted(stop: Halt): void {
    const notes = this.notes.take();
    this.notes.begin(undefined);
    const halt = this.#explained(stop, notes);
    this.halt = halt;
    this.look({ task: halt.task, level: 0 });
    if (halt.kind === 'entry') this.code.hideEntered(halt.task);
    else if (halt.kind === 'breakpoint')
      this.code.hideEntered(halt.task, (activation) => isPlaceOf(halt.hit, activation));
    this.progressed();
    for (const line of notes) this.#print(line);
    const missing = halt.kind === 'entry' ? undefined : this.sources.missing(this.stack(halt.task), this.mine);
    // That the program itself has no source is told at its start.
    if (missing !== undefined && !SOURCELESS.has(halt.kind) && this.mine.own.exists)
      this.#print(`${haltSentence(this.machine, halt)} No source: ${missing}`);
    else if (TOLD.has(halt.kind)) this.#print(haltText(this.machine, halt));
    if (halt.kind === 'event' && this.machine.stopsAtEnd && isLastEnd(this.machine, halt.event))
      this.#print(LAST_STATE);
    this.#tellWarnings();
    const line = this.config.tellChanges ? this.changes.line(halt.task.process.pid) : undefined;
    if (line !== undefined) this.#print(line);
    this.parts.watches.refresh();
    const sourceless = missing && this.stack(halt.task).at(0)!.name;
    this.reporter.stopped(this.machine, halt, halt.kind === 'watch' ? this.#accessPlace(halt) : undefined, sourceless);
  }

  /** Where in the source what a data breakpoint has seen was done. */
  #accessPlace({ task, stop: { by } }: Extract<Halt, { kind: 'watch' }>): EventPlace | undefined {
    if (!by) return undefined;
    const { process, tid } = task;
    // A system call is made in a library: its caller is meant.
    const isOwn = by.pid === process.pid && !(by.by.kind === 'kernel' && by.by.work === 'syscall');
    const own = isOwn ? this.#places.lineAt(process, by.pc) : undefined;
    return (
      own ??
      this.#places.at({ n: this.machine.hart.instret, pid: process.pid, tid, pc: this.machine.registers(task).pc })
    );
  }

  ended(code: number, signal: number | undefined): void {
    const { client } = this.parts;
    this.progressed();
    this.save();
    this.#hasEnded = true;
    const status = signal === undefined ? ({ kind: 'exited', code } as const) : ({ kind: 'signaled', signal } as const);
    this.#print(programEndText(status, this.#ending));
    client.event('exited', { exitCode: code });
    client.event('terminated');
  }

  /** Kills processes as SIGKILL does. The machine stands still, and goes on doing so unless nobody is left. */
  terminate(processes: ReadonlySet<Process>): void {
    const { machine } = this;
    const { stopsAtEnd } = machine;
    // Whoever kills the last process has seen its state.
    machine.stopsAtEnd = false;
    for (const process of processes) machine.terminate(process);
    machine.stopsAtEnd = stopsAtEnd;
    const left = machine.tasks()[0] as Task | undefined;
    if (!left) {
      this.resume(() => this.run.continue());
      return;
    }
    if (this.focus.state === 'dead') this.look({ task: left, level: 0 });
    this.parts.watches.refresh();
    this.changed()();
  }

  /** Pauses a step that the client was told takes long. */
  cancel(progressId: string): void {
    if (this.#progress.is(progressId)) this.run.pause(this.focus);
  }

  inputAwaited(): void {
    this.progressed();
    this.#print('The program waits for input: type it here; ^D ends it.');
  }

  brokenAtEnd(violation: InvariantViolation): void {
    this.#tellOnce(`${violationText(violation)}.`);
  }

  outOfMemory(pid: number): void {
    const size = `${this.config.memory / 2 ** 20} MiB`;
    this.#print(
      `Guest memory is used up (${size}): pid ${pid} is killed. "memory" in launch.json gives the machine more.`,
    );
  }

  progressed(): void {
    this.console.flush();
    this.#progress.report(this.run.stepsSince, this.machine.hart.instret);
  }

  broke(error: unknown): void {
    const { client } = this.parts;
    this.console.flush();
    this.#hasEnded = true;
    const reason = error instanceof Error ? error.message : String(error);
    client.print('important', `Pagewalk itself failed and cannot go on: ${reason}\n`);
    client.event('terminated');
  }

  /** Input typed in the debug console. */
  type(line: string): void {
    this.console.type(line === '^D' ? undefined : line);
    this.run.inputArrived();
  }

  /** Tells the client that the threads of this run are gone. */
  endThreads(): void {
    this.#threads.end();
  }

  #forgetStop(): void {
    this.frames.clear();
    this.store.clear();
    this.names.forget();
  }

  #tellWarnings(): void {
    for (const { path, symbols } of this.images.all())
      for (const warning of symbols?.buildWarnings ?? []) this.#tellOnce(`${baseName(path)}: ${warning}`);
  }

  #tellOnce(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#print(sentence);
  }

  #print(line: string): void {
    this.parts.client.print('console', `${line}\n`);
  }
}

/** Stops that are expected where there is no source: programs end in their C library. */
const SOURCELESS: ReadonlySet<Halt['kind']> = new Set(['step', 'ending']);

/** Stops whose reasons clients have no other room for. */
const TOLD: ReadonlySet<Halt['kind']> = new Set([
  'watch',
  'blocked',
  'process-ended',
  'step-ended',
  'step-exec',
  'ending',
]);

/** Whether a breakpoint is meant to stop in this function of those that begin at its address. */
function isPlaceOf(hit: Hit, { name, line }: Activation): boolean {
  switch (hit.where.kind) {
    case 'line':
      return line?.line === hit.where.line;
    case 'function':
      return name === hit.where.name;
    case 'instruction':
    case 'syscall':
      return true;
  }
}
