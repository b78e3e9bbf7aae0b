/** Signal numbers (asm-generic/signal.h, signal(7)). */
export const enum Signal {
  SIGHUP = 1,
  SIGINT = 2,
  SIGQUIT = 3,
  SIGILL = 4,
  SIGTRAP = 5,
  SIGABRT = 6,
  SIGBUS = 7,
  SIGFPE = 8,
  SIGKILL = 9,
  SIGUSR1 = 10,
  SIGSEGV = 11,
  SIGUSR2 = 12,
  SIGPIPE = 13,
  SIGALRM = 14,
  SIGTERM = 15,
  SIGSTKFLT = 16,
  SIGCHLD = 17,
  SIGCONT = 18,
  SIGSTOP = 19,
  SIGTSTP = 20,
  SIGTTIN = 21,
  SIGTTOU = 22,
  SIGURG = 23,
  SIGXCPU = 24,
  SIGXFSZ = 25,
  SIGVTALRM = 26,
  SIGPROF = 27,
  SIGWINCH = 28,
  SIGIO = 29,
  SIGPWR = 30,
  SIGSYS = 31,
  /** The first of the real-time signals, which queue. */
  SIGRTMIN = 32,
  Last = 64,
}

/** si_code of signals that the kernel or kill(2) sends (asm-generic/siginfo.h). */
export const SignalCode = {
  User: 0,
  Kernel: 0x80,
  Queue: -1,
  Timer: -2,
  Message: -3,
  Tkill: -6,
  IllegalOpcode: 1,
  MapError: 1,
  AccessError: 2,
  AddressAlignment: 1,
  AddressError: 2,
  Breakpoint: 1,
  ChildExited: 1,
  ChildKilled: 2,
  ChildStopped: 5,
  ChildContinued: 6,
} as const;

export type DefaultAction = 'terminate' | 'ignore' | 'stop' | 'continue';

const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

/** `SIGSEGV`; real-time signals as `SIGRTMIN+n`. */
export function signalName(signal: number): string {
  const name = NAMES[signal - 1];
  if (name !== undefined) return `SIG${name}`;
  return signal === (Signal.SIGRTMIN as number) ? 'SIGRTMIN' : `SIGRTMIN+${signal - Signal.SIGRTMIN}`;
}

/** What signal(7) says happens where no handler is set. */
export function defaultAction(signal: number): DefaultAction {
  switch (signal as Signal) {
    case Signal.SIGCHLD:
    case Signal.SIGURG:
    case Signal.SIGWINCH:
      return 'ignore';
    case Signal.SIGCONT:
      return 'continue';
    case Signal.SIGSTOP:
    case Signal.SIGTSTP:
    case Signal.SIGTTIN:
    case Signal.SIGTTOU:
      return 'stop';
    default:
      return 'terminate';
  }
}

/** A set of signals as the kernel's sigset_t: bit n-1 stands for signal n. */
export type SignalSet = bigint;

export function signalBit(signal: number): SignalSet {
  return 1n << BigInt(signal - 1);
}

/** Signals that can be neither blocked, caught nor ignored. */
export const UNBLOCKABLE: SignalSet = signalBit(Signal.SIGKILL) | signalBit(Signal.SIGSTOP);
