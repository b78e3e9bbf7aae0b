import { SignalFlag } from './abi/flags.ts';
import { Signal, SignalCode } from './abi/signal-number.ts';
import { USER_ID } from './identity.ts';
import type { Kernel } from './kernel.ts';
import type { ExitStatus } from './process.ts';
import { SIG_IGN } from './signal-actions.ts';
import type { ThreadGroup } from './thread-group.ts';

/** The process that adopts orphans. */
const INIT = 1;

/** Parents and children: who is told of an end, who adopts orphans, and when a zombie is forgotten. */
export class Family {
  readonly processes = new Map<number, ThreadGroup>();
  /** How many have ended and are not yet forgotten. */
  zombies = 0;
  /** By the pid of the parent; orphans that nobody adopts are nobody's. */
  readonly #children = new Map<number, Set<ThreadGroup>>();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Children that a process may wait for. */
  childrenOf(process: ThreadGroup): ThreadGroup[] {
    return [...(this.#children.get(process.pid) ?? [])];
  }

  add(process: ThreadGroup): void {
    this.processes.set(process.pid, process);
    this.#join(process);
  }

  /** A process is a zombie from now on. */
  ended(process: ThreadGroup): void {
    process.state = 'zombie';
    this.zombies++;
  }

  /** The process that a child is waited for by; `undefined` for orphans. */
  parentOf(process: ThreadGroup): ThreadGroup | undefined {
    return process.orphaned ? undefined : this.processes.get(process.parentPid);
  }

  /** Forgets a zombie. */
  reap(process: ThreadGroup): void {
    if (process.state === 'zombie') this.zombies--;
    process.state = 'reaped';
    this.processes.delete(process.pid);
    this.#leave(process);
  }

  /** Forgets a zombie that its parent has waited for, which takes over what it has used. */
  collect(process: ThreadGroup): void {
    const parent = this.parentOf(process);
    if (parent) {
      parent.childUsage.add(process.usage()).add(process.childUsage);
      parent.childPeak = Math.max(parent.childPeak, process.peakPages, process.childPeak);
    }
    this.reap(process);
  }

  /** Gives the children of a process that ends to whoever adopts them. */
  orphanChildren(process: ThreadGroup): void {
    const reaper = this.#subreaperAbove(process);
    for (const child of this.childrenOf(process)) {
      this.#leave(child);
      child.orphaned = reaper === undefined;
      child.parentPid = reaper?.pid ?? INIT;
      this.#join(child);
      child.parentThread = reaper?.tasks[0];
      const { parentDeathSignal: signal } = child;
      if (signal !== 0) this.#kernel.signals.sendToProcess(child, { signal, code: SignalCode.User, pid: process.pid });
      if (child.state !== 'zombie') continue;
      if (reaper) {
        child.exitSignal = Signal.SIGCHLD;
        this.announceEnd(child, child.exitStatus!);
      } else this.reap(child);
    }
  }

  /** Tells the parent of a process that has ended; reaps it where nobody will wait for it. */
  announceEnd(process: ThreadGroup, status: ExitStatus): void {
    const parent = this.parentOf(process);
    if (parent?.state !== 'running') {
      this.reap(process);
      return;
    }
    const action = parent.actions.get(Signal.SIGCHLD);
    const ignored =
      process.exitSignal === (Signal.SIGCHLD as number) &&
      (action.handler === SIG_IGN || (action.flags & SignalFlag.NoChildWait) !== 0);
    if (process.exitSignal !== 0)
      this.#kernel.signals.sendToProcess(parent, {
        signal: process.exitSignal,
        code: status.kind === 'exited' ? SignalCode.ChildExited : SignalCode.ChildKilled,
        pid: process.pid,
        uid: USER_ID,
        status: status.kind === 'exited' ? status.code : status.signal,
      });
    if (ignored) this.reap(process);
    parent.childEvents.wakeAll();
  }

  #join(child: ThreadGroup): void {
    if (child.orphaned) return;
    const siblings = this.#children.get(child.parentPid);
    if (siblings) siblings.add(child);
    else this.#children.set(child.parentPid, new Set([child]));
  }

  #leave(child: ThreadGroup): void {
    const siblings = this.#children.get(child.parentPid);
    if (siblings?.delete(child) && siblings.size === 0) this.#children.delete(child.parentPid);
  }

  /** The nearest ancestor that has asked to adopt orphans (PR_SET_CHILD_SUBREAPER). */
  #subreaperAbove(process: ThreadGroup): ThreadGroup | undefined {
    for (let at = this.parentOf(process); at; at = this.parentOf(at))
      if (at.isSubreaper && at.state === 'running') return at;
    return undefined;
  }
}
