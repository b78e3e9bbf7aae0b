import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import type { Result } from '../result.ts';
import { resolveFunction, resolveLine, resolveSyscall, type Place, type Resolved } from './breakpoint-place.ts';
import type { Circumstances } from './expressions/debug-moment.ts';
import type { BreakpointMode } from './data-id.ts';
import type { ImageTable } from '../program/images.ts';
import { parseMemoryReference } from './memory-reference.ts';
import type { SourceMap } from '../program/source-map.ts';
import { isMet, stopConditions, type StopConditions } from './stop-conditions.ts';

/** What breakpoints need to know of the program that runs; another one after a restart. */
export interface BreakpointScope {
  readonly images: ImageTable;
  readonly sources: SourceMap;
  /** Whether an expression is true in a task's innermost frame. */
  readonly isTrue: (task: Task, expression: string, circumstances: Circumstances) => Result<boolean, string>;
  /** What keeps an expression from being evaluated at a place; `undefined` if nothing does. */
  readonly conditionProblem: (place: Place, expression: string) => string | undefined;
  /** A log message with its `{expression}`s replaced. */
  readonly interpolate: (task: Task, message: string, circumstances: Circumstances) => string;
  /** Where an address of a process is, for a person: `main (fork-cow.c:30)`. */
  readonly place: (process: Process, pc: number) => string;
  /** The system call that a task is about to make. */
  readonly syscall: (task: Task) => string;
  /** The process that the user looks at. */
  readonly focusedPid: () => number;
  /** Whether any process has code at an address. */
  readonly isCode: (address: number) => boolean;
}

interface BreakpointListener {
  /** A breakpoint has been resolved anew. */
  changed(breakpoint: DebugProtocol.Breakpoint): void;
  /** A line for the debug console. */
  print(line: string): void;
}

type Where =
  | { readonly kind: 'line'; readonly source: DebugProtocol.Source; readonly path: string; readonly line: number }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'syscall'; readonly name: string }
  | { readonly kind: 'instruction'; readonly reference: string; readonly address: number };

/** The breakpoints that stop a task. */
export interface Hit {
  readonly ids: readonly number[];
  /** Of the first of them. */
  readonly where:
    | { readonly kind: 'line'; readonly line: number }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'syscall'; readonly name: string }
    | { readonly kind: 'instruction' };
  /** Why the task stops, in words. */
  readonly text: string;
}

interface Details {
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
  readonly mode?: BreakpointMode;
}

/** A breakpoint as a list of text shows it. */
export interface ListedBreakpoint {
  readonly id: number;
  readonly kind: string;
  readonly where: string;
  /** How often it was reached. */
  readonly count: number;
  readonly condition?: string;
  /** Why it is nowhere, or not where it was asked for. */
  readonly message?: string;
}

interface Breakpoint extends Details {
  readonly id: number;
  readonly where: Where;
  readonly conditions: StopConditions;
  /** Only this process stops. */
  readonly only: number | undefined;
  resolved: Resolved;
  count: number;
}

/** What is debugged before anything was forked. */
const FIRST_PID = 1;

const NOT_LOADED: Resolved = { places: [], message: 'the program is not loaded yet' };

/** The user's breakpoints. They are addresses that the machine stops at: nothing is patched into the guest. */
export class Breakpoints {
  readonly #listener: BreakpointListener;
  #scope: BreakpointScope | undefined;
  #lines = new Map<string, Breakpoint[]>();
  #functions: Breakpoint[] = [];
  #instructions: Breakpoint[] = [];
  #byAddress = new Map<number, Breakpoint[]>();
  readonly #nextId: () => number;

  /** @param nextId numbers that no other breakpoint has */
  constructor(listener: BreakpointListener, nextId: () => number) {
    this.#listener = listener;
    this.#nextId = nextId;
  }

  /** Looks everything up in another program, with all counts from zero. */
  attach(scope: BreakpointScope): void {
    this.#scope = scope;
    for (const breakpoint of this.#all()) breakpoint.count = 0;
    this.imagesChanged();
  }

  setLines(
    source: DebugProtocol.Source,
    path: string,
    wanted: (Details & { readonly line: number })[],
  ): DebugProtocol.Breakpoint[] {
    const made = wanted.map((one) => this.#make({ kind: 'line', source, path, line: one.line }, one));
    this.#lines.set(path, made);
    return this.#replaced(made);
  }

  setFunctions(wanted: (Details & { readonly name: string })[]): DebugProtocol.Breakpoint[] {
    this.#functions = wanted.map((one) => {
      const [, syscall] = /^\s*syscall:\s*(\w*)\s*$/.exec(one.name) ?? [];
      const name = syscall ?? one.name;
      return this.#make({ kind: syscall === undefined ? 'function' : 'syscall', name }, one);
    });
    return this.#replaced(this.#functions);
  }

  /** @param wanted each with the address that its reference names; `undefined` where it names none. */
  setInstructions(
    wanted: (Details & { readonly instructionReference: string; readonly address: number | undefined })[],
  ): DebugProtocol.Breakpoint[] {
    this.#instructions = wanted.map((one) => {
      const { instructionReference: reference, address = -1 } = one;
      return this.#make({ kind: 'instruction', reference, address }, one);
    });
    return this.#replaced(this.#instructions);
  }

  /** Adds a breakpoint at a line to those that the client has set there. */
  addLine(
    source: DebugProtocol.Source,
    path: string,
    wanted: Details & { readonly line: number },
  ): DebugProtocol.Breakpoint {
    const made = this.#make({ kind: 'line', source, path, line: wanted.line }, wanted);
    this.#lines.set(path, withNew(this.#lines.get(path) ?? [], made));
    return this.#replaced([made])[0];
  }

  addFunction(wanted: Details & { readonly name: string }): DebugProtocol.Breakpoint {
    const made = this.#make({ kind: 'function', name: wanted.name }, wanted);
    this.#functions = withNew(this.#functions, made);
    return this.#replaced([made])[0];
  }

  addInstruction(wanted: Details & { readonly instructionReference: string }): DebugProtocol.Breakpoint {
    const { instructionReference: reference } = wanted;
    const address = Number(parseMemoryReference(reference)?.address ?? -1n);
    const made = this.#make({ kind: 'instruction', reference, address }, wanted);
    this.#instructions = withNew(this.#instructions, made);
    return this.#replaced([made])[0];
  }

  /** @returns what is removed; `undefined` where no breakpoint has the number. */
  remove(id: number): DebugProtocol.Breakpoint | undefined {
    const removed = this.#all().find((one) => one.id === id);
    if (!removed) return undefined;
    const others = (list: readonly Breakpoint[]): Breakpoint[] => list.filter((one) => one !== removed);
    for (const [path, list] of this.#lines) this.#lines.set(path, others(list));
    this.#functions = others(this.#functions);
    this.#instructions = others(this.#instructions);
    this.#index();
    return describe(removed);
  }

  /** All of them, for a list of text. */
  listed(): ListedBreakpoint[] {
    return this.#all().map(({ id, where, resolved, count, conditions }) => ({
      id,
      kind: where.kind === 'line' ? 'breakpoint' : where.kind,
      where: whereText(where, resolved),
      count,
      ...(conditions.condition === undefined ? {} : { condition: conditions.condition }),
      ...(resolved.message === undefined ? {} : { message: resolved.message }),
    }));
  }

  /** To be called when processes have mapped other programs or libraries. */
  imagesChanged(): void {
    for (const breakpoint of this.#all()) {
      const before = describe(breakpoint);
      breakpoint.resolved = this.#resolve(breakpoint.where, breakpoint.conditions);
      const after = describe(breakpoint);
      if (JSON.stringify(before) !== JSON.stringify(after)) this.#listener.changed(after);
    }
    this.#index();
  }

  /** The paths of the sources that have breakpoints. */
  sources(): Iterable<string> {
    return [...this.#lines].filter(([, breakpoints]) => breakpoints.length > 0).map(([path]) => path);
  }

  addresses(): Iterable<number> {
    return this.#byAddress.keys();
  }

  /**
   * A task is about to execute an address: the breakpoints there that stop it. Counts hits and prints log
   * messages.
   */
  hit(task: Task, address: number): Hit | undefined {
    const here = this.#byAddress.get(address);
    if (!here) return undefined;
    const stopping: Breakpoint[] = [];
    for (const breakpoint of here)
      if (this.#isAt(breakpoint, task, address) && this.#stops(breakpoint, task)) stopping.push(breakpoint);
    return this.#hitOf(stopping, task, address);
  }

  /** The numbers of the system calls that stop a task before they are made. */
  syscalls(): Set<number> {
    return new Set(this.#functions.flatMap(({ resolved }) => resolved.syscalls ?? []));
  }

  /** As `hit`, for a task that is about to make a system call. */
  hitSyscall(task: Task, number: number, address: number): Hit | undefined {
    const here = this.#functions.filter(({ resolved }) => resolved.syscalls?.includes(number));
    return this.#hitOf(
      here.filter((breakpoint) => this.#stops(breakpoint, task)),
      task,
      address,
    );
  }

  #hitOf(stopping: readonly Breakpoint[], task: Task, address: number): Hit | undefined {
    if (stopping.length === 0) return undefined;
    const { where, resolved } = stopping[0];
    const ids = stopping.map(({ id }) => id);
    return {
      ids,
      where: where.kind === 'line' ? { kind: 'line', line: resolved.line ?? where.line } : where,
      text: this.#text(stopping[0], task, address),
    };
  }

  #text({ where, count, hitCondition }: Breakpoint, task: Task, address: number): string {
    const scope = this.#scope!;
    const place = scope.place(task.process, address);
    const times = hitCondition ? `, hit ${count} times` : '';
    switch (where.kind) {
      case 'line':
        return `Breakpoint at ${place}${times}`;
      case 'function':
        return `Function breakpoint ${where.name} at ${place}${times}`;
      case 'instruction':
        return `Instruction breakpoint at ${place}${times}`;
      case 'syscall':
        return `About to make the system call ${scope.syscall(task)} at ${place}${times}`;
    }
  }

  #isAt({ resolved }: Breakpoint, task: Task, address: number): boolean {
    const scope = this.#scope!;
    const image = scope.images.at(task.process, address);
    const isHere = ({ address: at, image: wanted }: Place): boolean =>
      at === address && (!wanted || (wanted.path === image?.path && wanted.bias === image.bias));
    return resolved.places.some(isHere);
  }

  #stops(breakpoint: Breakpoint, task: Task): boolean {
    const scope = this.#scope!;
    if (breakpoint.only !== undefined && breakpoint.only !== task.process.pid) return false;
    const judge = { isTrue: scope.isTrue, print: (line: string) => this.#listener.print(line) };
    if (!isMet(breakpoint.conditions, breakpoint, task, judge)) return false;
    if (!breakpoint.logMessage) return true;
    this.#listener.print(scope.interpolate(task, breakpoint.logMessage, { hits: breakpoint.count }));
    return false;
  }

  #make(where: Where, details: Details): Breakpoint {
    const same = this.#find(where);
    const conditions = stopConditions(details);
    return {
      id: same?.id ?? this.#nextId(),
      where,
      ...(details.hitCondition ? { hitCondition: details.hitCondition } : {}),
      ...(details.logMessage ? { logMessage: details.logMessage } : {}),
      ...(details.mode ? { mode: details.mode } : {}),
      only: details.mode === 'this' ? (same?.only ?? this.#scope?.focusedPid() ?? FIRST_PID) : undefined,
      conditions,
      resolved: this.#resolve(where, conditions),
      count: same?.count ?? 0,
    };
  }

  /** The same breakpoint in an earlier request keeps its id and its count. */
  #find(where: Where): Breakpoint | undefined {
    return this.#all().find(({ where: other }) => JSON.stringify(other) === JSON.stringify(where));
  }

  /** Where a breakpoint is: of its places those at which its conditions mean something. */
  #resolve(where: Where, { written, problem }: StopConditions): Resolved {
    const scope = this.#scope;
    if (problem !== undefined) return { places: [], message: problem };
    if (!scope) return NOT_LOADED;
    const found = this.#locate(where, scope);
    const problems = found.places.map((place) => {
      for (const expression of written) {
        const unknown = scope.conditionProblem(place, expression);
        if (unknown !== undefined) return unknown;
      }
      return undefined;
    });
    const places = found.places.filter((_, index) => problems[index] === undefined);
    const [first] = problems;
    return places.length === 0 && first !== undefined ? { ...found, places, message: first } : { ...found, places };
  }

  #locate(where: Where, scope: BreakpointScope): Resolved {
    switch (where.kind) {
      case 'line':
        return resolveLine(scope.images, scope.sources, where.path, where.line);
      case 'function':
        return resolveFunction(scope.images, where.name);
      case 'syscall':
        return resolveSyscall(where.name);
      case 'instruction':
        return scope.isCode(where.address)
          ? { places: [{ address: where.address, image: undefined }] }
          : { places: [], message: `no code at ${where.reference}` };
    }
  }

  #replaced(made: readonly Breakpoint[]): DebugProtocol.Breakpoint[] {
    this.#index();
    return made.map(describe);
  }

  #index(): void {
    this.#byAddress = new Map();
    for (const breakpoint of this.#all())
      for (const address of new Set(breakpoint.resolved.places.map((place) => place.address))) {
        const others = this.#byAddress.get(address);
        if (others) others.push(breakpoint);
        else this.#byAddress.set(address, [breakpoint]);
      }
  }

  #all(): Breakpoint[] {
    return [...[...this.#lines.values()].flat(), ...this.#functions, ...this.#instructions];
  }
}

/** A list with a breakpoint that takes the place of the one with its number. */
function withNew(list: readonly Breakpoint[], made: Breakpoint): Breakpoint[] {
  return [...list.filter(({ id }) => id !== made.id), made];
}

function whereText(where: Where, { line }: Resolved): string {
  switch (where.kind) {
    case 'line':
      return `${where.path}:${line ?? where.line}`;
    case 'function':
      return where.name;
    case 'syscall':
      return where.name === '' ? 'any' : where.name;
    case 'instruction':
      return where.reference;
  }
}

function describe({ id, where, resolved }: Breakpoint): DebugProtocol.Breakpoint {
  const { message } = resolved;
  const first = resolved.places[0];
  const line = where.kind === 'line' ? (resolved.line ?? where.line) : undefined;
  return {
    id,
    verified: first !== undefined || resolved.syscalls !== undefined,
    ...(message === undefined ? {} : { message }),
    ...(where.kind === 'line' ? { source: where.source } : {}),
    ...(line === undefined ? {} : { line }),
    ...(first === undefined ? {} : { instructionReference: `0x${first.address.toString(16)}` }),
  };
}
