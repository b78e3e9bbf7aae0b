import { Errno, fail } from './abi/errno.ts';
import { Signal, SignalCode, signalBit } from './abi/signal-number.ts';
import type { Kernel } from './kernel.ts';
import { SIG_IGN } from './signal-actions.ts';
import type { ThreadGroup } from './thread-group.ts';

/** The session whose terminal the console is: the first process's. */
const SESSION = 1;

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
  stopsBackground(access: 'read' | 'write'): boolean {
    const { console, current } = this.#kernel;
    const { process, mask } = current!;
    const { processGroup: group, actions, session } = process;
    if (session !== SESSION || group === console.foreground) return false;
    const signal = access === 'read' ? Signal.SIGTTIN : Signal.SIGTTOU;
    const isDeaf = (mask & signalBit(signal)) !== 0n || actions.get(signal).handler === SIG_IGN;
    if (isDeaf && access === 'write') return false;
    if (isDeaf || this.isOrphaned(group)) fail(Errno.EIO);
    this.#signal(group, signal);
    return true;
  }

  /** Whether no member has a parent in another group of the session, who could let it go on when it is stopped. */
  isOrphaned(group: number): boolean {
    const { processes } = this.#kernel;
    return this.#members(group).every((member) => {
      // What started the first process is a shell outside.
      if (member.pid === 1) return false;
      const parent = member.orphaned ? undefined : processes.get(member.parentPid);
      return parent?.state !== 'running' || parent.processGroup === group || parent.session !== member.session;
    });
  }

  /** A process has ended: the groups that are orphans now and have stopped members are told to end or go on. */
  ended(process: ThreadGroup, children: readonly ThreadGroup[]): void {
    const groups = new Set([process, ...children].map(({ processGroup }) => processGroup));
    for (const group of groups) {
      if (!this.#members(group).some(({ stopped }) => stopped) || !this.isOrphaned(group)) continue;
      this.#signal(group, Signal.SIGHUP);
      this.#signal(group, Signal.SIGCONT);
    }
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
