import { Errno, fail } from './abi/errno.ts';
import { Signal, SignalCode, signalBit } from './abi/signal-number.ts';
import type { Kernel } from './kernel.ts';
import { SIG_IGN } from './signal-actions.ts';
import type { Terminal } from './terminals/terminal.ts';
import type { ThreadGroup } from './thread-group.ts';

/** Process groups that share a terminal: who may use it, and who is told when a group loses its shell (credentials(7)). */
export class JobControl {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Stops the current process's group with SIGTTIN or SIGTTOU where it is in the background; EIO where that would be for
   * ever, or a reader does not want to be told. @returns whether it is stopped: the call is made again afterwards.
   */
  stopsBackground(terminal: Terminal, access: 'read' | 'write'): boolean {
    const { process, mask } = this.#kernel.current!;
    const { processGroup: group, actions } = process;
    if (process.terminal !== terminal || terminal.foreground === 0 || group === terminal.foreground) return false;
    const signal = access === 'read' ? Signal.SIGTTIN : Signal.SIGTTOU;
    const isDeaf = (mask & signalBit(signal)) !== 0n || actions.get(signal).handler === SIG_IGN;
    if (isDeaf && access === 'write') return false;
    if (isDeaf || this.isOrphaned(group)) fail(Errno.EIO);
    this.#signal(group, signal);
    return true;
  }

  /** Whether no member has a parent in another group of the session, who could let it go on when it is stopped. */
  isOrphaned(group: number): boolean {
    const { family } = this.#kernel.lifeCycle;
    return this.#members(group).every((member) => {
      // What started the first process is a shell outside.
      if (member.pid === 1) return false;
      const parent = family.parentOf(member);
      return parent?.state !== 'running' || parent.processGroup === group || parent.session !== member.session;
    });
  }

  /**
   * A process has ended: groups that it, or its parent, connected with the rest of the session, and that are orphans now
   * with stopped members, are told to end or go on.
   */
  ended(process: ThreadGroup, children: readonly ThreadGroup[]): void {
    if (process.session === process.pid) this.leave(process, 'ended');
    const parent = this.#kernel.lifeCycle.family.parentOf(process);
    if (parent) this.#disconnected(process, parent);
    for (const child of children) this.#disconnected(child, process);
  }

  #disconnected({ processGroup: group, session }: ThreadGroup, parent: ThreadGroup): void {
    if (parent.processGroup === group || parent.session !== session) return;
    if (this.#members(group).some(({ stopped }) => stopped) && this.isOrphaned(group)) this.#hangUp(group);
  }

  /** TIOCSCTTY: a session leader without a terminal gets one that no session has. */
  take(process: ThreadGroup, terminal: Terminal, isReadable: boolean): number {
    const leads = process.session === process.pid;
    if (leads && terminal.session === process.session) return 0;
    if (!leads || process.terminal || terminal.session !== 0 || !isReadable) return fail(Errno.EPERM);
    this.#control(process, terminal);
    return 0;
  }

  /** The same where nobody asked for it: a terminal was opened. */
  adopt(process: ThreadGroup, terminal: Terminal): void {
    if (process.session === process.pid && !process.terminal && terminal.session === 0)
      this.#control(process, terminal);
  }

  /** A process has no terminal from now on; with a session leader, nobody in its session has. */
  leave(process: ThreadGroup, state: 'alive' | 'ended'): void {
    const { terminal } = process;
    process.terminal = undefined;
    if (process.session !== process.pid) return;
    if (state === 'ended' && process.hungUpGroup !== 0) this.#hangUp(process.hungUpGroup);
    // The console is not hung up with the first process.
    if (!terminal || (state === 'ended' && terminal === this.#kernel.console)) return;
    const { foreground } = terminal;
    if (foreground !== 0) {
      this.#signal(foreground, Signal.SIGHUP);
      if (state === 'alive') this.#signal(foreground, Signal.SIGCONT);
    }
    this.#release(terminal);
  }

  /** A terminal is gone: its session leader is told. */
  hangUp(terminal: Terminal): void {
    const { foreground, session } = terminal;
    this.#release(terminal);
    const leader = this.#kernel.processes.get(session);
    if (leader?.state !== 'running' || leader.session !== session) return;
    leader.hungUpGroup = foreground;
    for (const signal of [Signal.SIGHUP, Signal.SIGCONT])
      this.#kernel.signals.sendToProcess(leader, { signal, code: SignalCode.Kernel });
  }

  /** Nobody has a terminal open any more. */
  forget(terminal: Terminal): void {
    for (const process of this.#kernel.processes.values())
      if (process.terminal === terminal) process.terminal = undefined;
  }

  /** To the group in the foreground of a terminal. */
  signal(terminal: Terminal, signal: Signal): void {
    if (terminal.foreground !== 0) this.#signal(terminal.foreground, signal);
  }

  #control(process: ThreadGroup, terminal: Terminal): void {
    process.terminal = terminal;
    process.hungUpGroup = 0;
    terminal.session = process.session;
    terminal.foreground = process.processGroup;
  }

  #release(terminal: Terminal): void {
    this.forget(terminal);
    terminal.session = 0;
    terminal.foreground = 0;
  }

  /** Those of a group that are stopped go on, and end of it unless they handle it. */
  #hangUp(group: number): void {
    this.#signal(group, Signal.SIGHUP);
    this.#signal(group, Signal.SIGCONT);
  }

  #members(group: number): ThreadGroup[] {
    return [...this.#kernel.processes.values()].filter(
      ({ processGroup, state }) => processGroup === group && state === 'running',
    );
  }

  #signal(group: number, signal: Signal): void {
    for (const member of this.#members(group))
      this.#kernel.signals.sendToProcess(member, { signal, code: SignalCode.Kernel });
  }
}
