import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Task } from '../linux/task.ts';
import { PAGE_SIZE, pageFloor, toHex, virtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { Watched } from '../memory/watched-memory.ts';
import type { MemoryWatch, Watch, WatchHit } from '../machine/watchpoint.ts';
import type { BreakpointScope, ListedBreakpoint } from './breakpoints.ts';
import type { BreakpointMode } from './data-id.ts';
import type { Circumstances } from './expressions/debug-moment.ts';
import { isMet, stopConditions, type ConditionJudge, type StopConditions } from './stop-conditions.ts';
import type { WatchTarget } from './watch-target.ts';
import { entryText, memoryText, pageAccessText, refcountText } from './watch-text.ts';

/** What watches need to know of the program that runs; another one after a restart. */
export interface WatchScope {
  readonly process: (pid: number) => Process | undefined;
  /** Whether anything is mapped at an address of a process. */
  readonly isMapped: (process: Process, address: number) => boolean;
  /** Whether an expression is true in a task's innermost frame. */
  readonly isTrue: BreakpointScope['isTrue'];
  /** What keeps a condition from being true anywhere in the program; `undefined` if nothing does. */
  readonly conditionProblem: (condition: string) => string | undefined;
  /** An instruction and where it is: `"sw a5,0(a4)" at main (fork-cow.c:30)`. */
  readonly instruction: (process: Process, pc: number) => string;
  /** The same without the instruction. */
  readonly place: (process: Process, pc: number) => string;
}

interface WatchListener {
  /** Whether it is watched for now, or why not, has changed. */
  changed(breakpoint: DebugProtocol.Breakpoint): void;
  print(line: string): void;
}

/** A data breakpoint as it is asked for. */
export interface WatchRequest {
  readonly target: WatchTarget;
  readonly mode: BreakpointMode;
  /** Of memory. For an entry or a count there are only changes. */
  readonly on: MemoryWatch['on'];
  /** Of a reference count: only when it drops to 1. */
  readonly onlyToOne?: boolean;
  readonly condition?: string;
  readonly hitCondition?: string;
  /** Listed and checked, but never stops. */
  readonly isOff?: boolean;
}

/** Which data breakpoints stop a task, and why in words. */
export interface WatchStop {
  readonly ids: readonly number[];
  /** In two or three words. */
  readonly headline: string;
  /** What happened, and who did it. */
  readonly text: string;
  /** The first page that it is about. */
  readonly page: number;
  /** Whose doing it was. */
  readonly by?: Pick<WatchHit, 'pid' | 'pc' | 'by'>;
  /** What expressions can ask of it. */
  readonly circumstances: Circumstances;
}

interface WatchBreakpoint extends WatchRequest {
  readonly id: number;
  readonly key: string;
  readonly watch: Watch;
  readonly conditions: StopConditions;
  count: number;
  /** The function that the variable lives in has returned. */
  isOver: boolean;
  told: string;
}

/** Who asked for breakpoints: each list is replaced on its own. */
const LISTS = ['data', 'address-space', 'console'] as const;
type WatchList = (typeof LISTS)[number];

interface Stopping {
  readonly breakpoint: WatchBreakpoint;
  readonly hit: WatchHit;
}

/** The user's data breakpoints: on memory, on page-table entries and on reference counts. */
export class Watches {
  readonly #listener: WatchListener;
  readonly #nextId: () => number;
  #scope: WatchScope | undefined;
  #lists: Record<WatchList, readonly WatchBreakpoint[]> = { data: [], 'address-space': [], console: [] };

  /** @param nextId numbers that no other breakpoint has */
  constructor(listener: WatchListener, nextId: () => number) {
    this.#listener = listener;
    this.#nextId = nextId;
  }

  /** Begins with another program, with all counts from zero. */
  attach(scope: WatchScope): void {
    this.#scope = scope;
    for (const breakpoint of this.#all()) {
      breakpoint.count = 0;
      if (breakpoint.target.kind === 'memory' && breakpoint.target.frame) breakpoint.isOver = true;
    }
    this.refresh();
  }

  set(list: WatchList, wanted: readonly WatchRequest[]): DebugProtocol.Breakpoint[] {
    const before = this.#lists[list];
    this.#lists[list] = wanted.map((request) => this.#make(request, before));
    return this.#lists[list].map((breakpoint) => this.#describe(breakpoint));
  }

  /** Adds a data breakpoint that no list of the client has. */
  add(request: WatchRequest): DebugProtocol.Breakpoint {
    const list = this.#lists.console;
    const made = this.#make(request, list);
    this.#lists.console = [...list.filter(({ id }) => id !== made.id), made];
    return this.#describe(made);
  }

  /** @returns what is removed; `undefined` where no data breakpoint of the console has the number. */
  remove(id: number): DebugProtocol.Breakpoint | undefined {
    const removed = this.#lists.console.find((one) => one.id === id);
    if (removed) this.#lists.console = this.#lists.console.filter((one) => one !== removed);
    return removed && this.#describe(removed);
  }

  /** All of them, for a list of text. */
  listed(): ListedBreakpoint[] {
    return this.#all().map((breakpoint) => {
      const { id, count, conditions, told } = breakpoint;
      return {
        id,
        kind: 'watchpoint',
        where: labelOf(breakpoint),
        count,
        ...(conditions.condition === undefined ? {} : { condition: conditions.condition }),
        ...(told === '' ? {} : { message: told }),
      };
    });
  }

  /** What the machine is to watch; the same objects as long as nothing is replaced. */
  watches(): Watch[] {
    return this.#all()
      .filter(({ isOver, isOff, conditions }) => !isOver && !isOff && conditions.problem === undefined)
      .map(({ watch }) => watch);
  }

  /** Addresses at which a watched local variable is gone. */
  returnAddresses(): number[] {
    return this.#all().flatMap(({ target, isOver }) =>
      target.kind === 'memory' && target.frame && !isOver ? [target.frame.returnAddress] : [],
    );
  }

  isReturnAddress(address: number): boolean {
    for (const list of LISTS)
      for (const { target, isOver } of this.#lists[list])
        if (!isOver && target.kind === 'memory' && target.frame?.returnAddress === address) return true;
    return false;
  }

  /** Tells the client which breakpoints are watched for, as processes come and go. */
  refresh(): void {
    for (const breakpoint of this.#all()) {
      const before = breakpoint.told;
      const now = this.#describe(breakpoint);
      if (breakpoint.told !== before) this.#listener.changed(now);
    }
  }

  /** Whether a task is to stop for what was seen. Counts hits. */
  hit(task: Task, seen: readonly WatchHit[], isFollowed: (pid: number) => boolean): WatchStop | undefined {
    const stopping: Stopping[] = [];
    for (const hit of seen) if (isFollowed(hit.pid)) this.#addStopping(stopping, task, hit);
    if (stopping.length === 0) return undefined;
    return {
      ids: [...new Set(stopping.map(({ breakpoint }) => breakpoint.id))],
      headline: headlineOf(stopping[0].hit, stopping[0].breakpoint),
      text: stopping.map(({ breakpoint, hit }) => `${this.#words(breakpoint, hit)}, ${this.#agent(hit)}`).join('; '),
      page: pageFloor(stopping[0].breakpoint.target.address),
      by: stopping[0].hit,
      circumstances: circumstancesOf(stopping[0].hit),
    };
  }

  /** A task is at an address with a stack pointer: the watched variables that are gone now. */
  leave(task: Task, address: number, sp: number): WatchStop | undefined {
    const over = this.#all().filter(({ target, isOver }) => {
      if (isOver || target.kind !== 'memory' || !target.frame) return false;
      const { frame } = target;
      return frame.tid === task.tid && frame.returnAddress === address && sp >= frame.sp;
    });
    if (over.length === 0) return undefined;
    for (const breakpoint of over) breakpoint.isOver = true;
    this.refresh();
    const names = over.map((breakpoint) => labelOf(breakpoint)).join(', ');
    const text = `${names} ${over.length === 1 ? 'is' : 'are'} gone: the function has returned`;
    return {
      ids: over.map(({ id }) => id),
      headline: 'Variable gone',
      text,
      page: pageFloor(over[0].target.address),
      circumstances: {},
    };
  }

  /** Adds the breakpoints that stop for a hit. */
  #addStopping(stopping: Stopping[], task: Task, hit: WatchHit): void {
    const scope = this.#scope!;
    for (const list of LISTS)
      for (const breakpoint of this.#lists[list]) {
        const { watch, target, conditions } = breakpoint;
        if (watch !== hit.watch) continue;
        if (target.kind === 'memory' && target.program && scope.process(hit.pid)?.executable !== target.program)
          continue;
        if (isMet(conditions, breakpoint, task, this.#judge(), circumstancesOf(hit)))
          stopping.push({ breakpoint, hit });
      }
  }

  #judge(): ConditionJudge {
    return { isTrue: this.#scope!.isTrue, print: (line) => this.#listener.print(line) };
  }

  #words(breakpoint: WatchBreakpoint, hit: WatchHit): string {
    const label = labelOf(breakpoint);
    switch (hit.kind) {
      case 'memory': {
        const { target } = breakpoint;
        const form = target.kind === 'memory' ? target.form : 'bytes';
        const ofPage = target.kind === 'memory' && target.size === PAGE_SIZE;
        return ofPage ? `${label}: ${pageAccessText(hit)}` : memoryText(hit, label, form);
      }
      case 'entry':
        return `${label}: ${entryText(hit)}`;
      case 'refcount':
        return `Frame ${toHex(hit.frame)} of ${label.slice(label.indexOf('0x'))} ${refcountText(hit)}`;
    }
  }

  #agent({ pid, pc, by }: WatchHit): string {
    const scope = this.#scope!;
    const process = scope.process(pid);
    if (by.kind === 'instruction')
      return `by pid ${pid}, ${process ? scope.instruction(process, pc) : `at ${toHex(pc)}`}`;
    const place = process ? scope.place(process, pc) : `at ${toHex(pc)}`;
    switch (by.work) {
      case 'syscall':
        return `by the kernel in ${by.name}(2) of pid ${pid}, ${place}`;
      case 'fault':
        return `by the kernel at a page fault (${by.name}) of pid ${pid}, ${process ? scope.instruction(process, pc) : place}`;
      case 'signal':
        return `by the kernel as it delivers ${by.name} to pid ${pid}, ${place}`;
      case 'other':
        return `by the kernel before pid ${pid} goes on, ${place}`;
    }
  }

  #make(request: WatchRequest, before: readonly WatchBreakpoint[]): WatchBreakpoint {
    const { target, mode, on, onlyToOne } = request;
    const key = JSON.stringify([target, mode, on, onlyToOne]);
    const same = before.find((one) => one.key === key);
    return {
      ...request,
      id: same?.id ?? this.#nextId(),
      key,
      watch: same?.watch ?? watchOf(request),
      conditions: stopConditions(request),
      count: same?.count ?? 0,
      isOver: same?.isOver ?? false,
      told: '',
    };
  }

  #describe(breakpoint: WatchBreakpoint): DebugProtocol.Breakpoint {
    const message = this.#problem(breakpoint);
    const { pid, address } = breakpoint.target;
    breakpoint.told = message ?? '';
    return {
      id: breakpoint.id,
      verified: message === undefined,
      ...(message === undefined ? {} : { message }),
      instructionReference: `p${pid}:${toHex(address)}`,
    };
  }

  #problem({ conditions, isOver, target }: WatchBreakpoint): string | undefined {
    const scope = this.#scope;
    if (conditions.problem !== undefined) return conditions.problem;
    const unknown = scope && firstProblem(conditions.written, scope);
    if (unknown !== undefined) return unknown;
    if (isOver) return 'the function that has this variable has returned';
    if (!scope) return 'the program is not loaded yet';
    const { pid, address } = target;
    const process = scope.process(pid);
    if (!process) return `there is no process ${pid} yet`;
    if (!process.space) return `process ${pid} has ended`;
    if (!scope.isMapped(process, address)) return `${toHex(address)} is not mapped in pid ${pid} now`;
    return undefined;
  }

  #all(): WatchBreakpoint[] {
    return Object.values(this.#lists).flat();
  }
}

function firstProblem(conditions: readonly string[], scope: WatchScope): string | undefined {
  for (const condition of conditions) {
    const problem = scope.conditionProblem(condition);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function headlineOf(hit: WatchHit, { target }: WatchBreakpoint): string {
  switch (hit.kind) {
    case 'entry':
      return 'Entry changed';
    case 'refcount':
      return hit.after === 1 ? 'One reference left' : 'References changed';
    case 'memory':
      if (target.kind === 'memory' && target.size === PAGE_SIZE) return 'Page accessed';
      return hit.access & Watched.Stores ? 'Data written' : 'Data read';
  }
}

function watchOf({ target, mode, on, onlyToOne }: WatchRequest): Watch {
  const { pid } = target;
  const va = virtAddr(target.address);
  switch (target.kind) {
    case 'memory':
      return {
        kind: 'memory',
        pid,
        start: va,
        end: virtAddr(va + target.size),
        on,
        ...(mode === 'this' ? { only: pid } : {}),
      };
    case 'pte':
      return { kind: 'entry', pid, va, level: target.level };
    case 'refcount':
      return { kind: 'refcount', pid, va, on: onlyToOne ? 'one' : 'change' };
  }
}

/** What the user calls it. */
function labelOf({ target }: WatchBreakpoint): string {
  const { pid, address } = target;
  switch (target.kind) {
    case 'memory':
      return target.label;
    case 'pte': {
      const level = target.level === 0 ? '' : `level ${target.level} `;
      return `The ${level}entry of ${toHex(address)} in pid ${pid}`;
    }
    case 'refcount':
      return `The frame of ${toHex(address)} in pid ${pid}`;
  }
}

function circumstancesOf(hit: WatchHit): Circumstances {
  if (hit.kind !== 'memory') return { va: hit.watch.va };
  return { va: hit.va, access: hit.access & Watched.Stores ? Access.Write : Access.Read };
}
