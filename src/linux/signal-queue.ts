import { Signal, type SignalSet, signalBit } from './abi/signal-number.ts';

/** What a handler with SA_SIGINFO is told (sigaction(2), siginfo_t); the fields that do not apply are absent. */
export interface SignalInfo {
  readonly signal: number;
  /** si_code. */
  readonly code: number;
  readonly pid?: number;
  readonly uid?: number;
  /** si_status of SIGCHLD. */
  readonly status?: number;
  /** si_value. */
  readonly value?: bigint;
  /** si_addr of a fault. */
  readonly address?: bigint;
}

/** Real-time signals queue; RLIMIT_SIGPENDING's part is played by this many a queue. */
export const MAX_QUEUED = 1024;

/** Pending signals of a thread or of a whole process: standard ones once, real-time ones each time (signal(7)). */
export class SignalQueue {
  #set: SignalSet = 0n;
  #infos: SignalInfo[] = [];

  get set(): SignalSet {
    return this.#set;
  }

  get isEmpty(): boolean {
    return this.#infos.length === 0;
  }

  /** @returns false when the queue is full: sigqueue's EAGAIN. */
  add(info: SignalInfo): boolean {
    const bit = signalBit(info.signal);
    if (this.#set & bit && info.signal < (Signal.SIGRTMIN as number)) return true;
    if (this.#infos.length >= MAX_QUEUED) return false;
    this.#set |= bit;
    this.#infos.push(info);
    return true;
  }

  /** The signal of `among` with the lowest number: what `take` would take. */
  peek(among: SignalSet): SignalInfo | undefined {
    const candidates = this.#set & among;
    if (candidates === 0n) return undefined;
    let signal = 1;
    while (!(candidates & signalBit(signal))) signal++;
    return this.#infos.find((info) => info.signal === signal);
  }

  /** Takes the signal of `among` with the lowest number. */
  take(among: SignalSet): SignalInfo | undefined {
    const info = this.peek(among);
    if (!info) return undefined;
    this.#infos.splice(this.#infos.indexOf(info), 1);
    if (!this.#infos.some(({ signal }) => signal === info.signal)) this.#set &= ~signalBit(info.signal);
    return info;
  }

  /** Drops the signals of a set: SIGCONT clears stop signals, an ignored signal is discarded. */
  drop(signals: SignalSet): void {
    this.#set &= ~signals;
    this.#infos = this.#infos.filter((info) => !(signalBit(info.signal) & signals));
  }

  clear(): void {
    this.#set = 0n;
    this.#infos = [];
  }
}
