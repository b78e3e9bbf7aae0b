import { Signal, signalName } from './signal-number.ts';

/** A signal with what it says of whoever it ends: `SIGSEGV (invalid memory access)`. */
export function signalText(signal: number): string {
  const meaning = MEANINGS[signal as Signal];
  return meaning === undefined ? signalName(signal) : `${signalName(signal)} (${meaning})`;
}

/** The words of strsignal(3), where those are clear. */
const MEANINGS: Partial<Record<Signal, string>> = {
  [Signal.SIGHUP]: 'its terminal is gone',
  [Signal.SIGINT]: 'interrupted',
  [Signal.SIGQUIT]: 'quit',
  [Signal.SIGILL]: 'illegal instruction',
  [Signal.SIGTRAP]: 'breakpoint',
  [Signal.SIGABRT]: 'aborted',
  [Signal.SIGBUS]: 'memory that a file does not have',
  [Signal.SIGFPE]: 'arithmetic error',
  [Signal.SIGKILL]: 'killed',
  [Signal.SIGUSR1]: 'user-defined signal 1',
  [Signal.SIGSEGV]: 'invalid memory access',
  [Signal.SIGUSR2]: 'user-defined signal 2',
  [Signal.SIGPIPE]: 'write to a pipe that nobody reads',
  [Signal.SIGALRM]: 'alarm clock',
  [Signal.SIGTERM]: 'terminated',
  [Signal.SIGSTKFLT]: 'stack fault',
  [Signal.SIGXCPU]: 'limit of processor time',
  [Signal.SIGXFSZ]: 'limit of the size of files',
  [Signal.SIGVTALRM]: 'timer of processor time',
  [Signal.SIGPROF]: 'profiling timer',
  [Signal.SIGIO]: 'I/O possible',
  [Signal.SIGPWR]: 'power failure',
  [Signal.SIGSYS]: 'bad system call',
};
