import { Signal, signalBit, type SignalSet, UNBLOCKABLE } from './abi/signal-number.ts';

/** Special values of sa_handler. */
export const SIG_DFL = 0;
export const SIG_IGN = 1;

/** One sigaction(2): handler address, SA_ flags, signals blocked while it runs. */
export interface SignalAction {
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, mask: 0n };

/** The signal actions of a process: what CLONE_SIGHAND shares. */
export class SignalActions {
  readonly #actions: SignalAction[];

  constructor(actions: readonly SignalAction[] = []) {
    this.#actions = [...actions];
  }

  get(signal: number): SignalAction {
    return this.#actions[signal] ?? DEFAULT;
  }

  set(signal: number, action: SignalAction): void {
    this.#actions[signal] = { ...action, mask: action.mask & ~UNBLOCKABLE };
  }

  /** Takes the handler away: flags and mask stay. */
  reset(signal: number): void {
    this.#actions[signal] = { ...this.get(signal), handler: SIG_DFL };
  }

  /** The signals whose handler is of some kind. */
  matching(isWanted: (handler: number) => boolean): SignalSet {
    let set: SignalSet = 0n;
    for (let signal = 1; signal <= (Signal.Last as number); signal++)
      if (isWanted(this.get(signal).handler)) set |= signalBit(signal);
    return set;
  }

  copy(): SignalActions {
    return new SignalActions(this.#actions);
  }

  /** Handlers do not survive exec; ignored signals stay ignored (execve(2)). */
  afterExec(): SignalActions {
    const fresh = new SignalActions();
    for (let signal = 1; signal <= (Signal.Last as number); signal++)
      if (this.get(signal).handler === SIG_IGN) fresh.set(signal, { ...DEFAULT, handler: SIG_IGN });
    return fresh;
  }
}
