import { SYSCALL_NUMBERS, type SyscallName } from '../abi/syscall-number.ts';
import type { SyscallHandler } from '../syscall.ts';
import { EVENT_SYSCALLS } from './events.ts';
import { FILE_SYSCALLS } from './files.ts';
import { FUTEX_SYSCALLS } from './futex.ts';
import { IDENTITY_SYSCALLS } from './identity.ts';
import { MEMORY_SYSCALLS } from './memory.ts';
import { PATH_SYSCALLS } from './paths.ts';
import { POLL_SYSCALLS } from './poll.ts';
import { PROCESS_SYSCALLS } from './process.ts';
import { SIGNAL_SYSCALLS } from './signals.ts';
import { SOCKET_SYSCALLS } from './sockets.ts';
import { SYSTEM_SYSCALLS } from './system.ts';
import { TIME_SYSCALLS } from './time.ts';
import { TIMER_SYSCALLS } from './timers.ts';
import { TRANSFER_SYSCALLS } from './transfer.ts';
import { WAIT_SYSCALLS } from './wait.ts';

interface SyscallEntry {
  readonly name: SyscallName;
  readonly handler: SyscallHandler;
}

/** Handlers of one family of syscalls. */
export type SyscallFamily = Partial<Record<SyscallName, SyscallHandler>>;

const FAMILIES: readonly SyscallFamily[] = [
  PROCESS_SYSCALLS,
  WAIT_SYSCALLS,
  IDENTITY_SYSCALLS,
  MEMORY_SYSCALLS,
  FILE_SYSCALLS,
  TRANSFER_SYSCALLS,
  PATH_SYSCALLS,
  POLL_SYSCALLS,
  SIGNAL_SYSCALLS,
  FUTEX_SYSCALLS,
  TIME_SYSCALLS,
  SYSTEM_SYSCALLS,
  SOCKET_SYSCALLS,
  EVENT_SYSCALLS,
  TIMER_SYSCALLS,
];

/** Every syscall that is served, by number. */
export const SYSCALLS: ReadonlyMap<number, SyscallEntry> = new Map(
  FAMILIES.flatMap((family) => Object.entries(family) as [SyscallName, SyscallHandler][]).map(([name, handler]) => [
    SYSCALL_NUMBERS[name],
    { name, handler },
  ]),
);
