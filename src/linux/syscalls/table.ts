import { SYSCALL_NUMBERS, type SyscallName } from '../abi/syscall-number.ts';
import type { SyscallHandler } from '../syscall.ts';
import { ADVICE_SYSCALLS } from './advice.ts';
import { ATTRIBUTE_SYSCALLS } from './attributes.ts';
import { EVENT_SYSCALLS } from './events.ts';
import { FILE_SYSCALLS } from './files.ts';
import { FUTEX_SYSCALLS } from './futex.ts';
import { IDENTITY_SYSCALLS } from './identity.ts';
import { LOCK_SYSCALLS } from './locks.ts';
import { MEMORY_LOCK_SYSCALLS } from './memory-locks.ts';
import { MEMORY_SYSCALLS } from './memory.ts';
import { MESSAGE_QUEUE_SYSCALLS } from './message-queues.ts';
import { OTHER_MEMORY_SYSCALLS } from './other-memory.ts';
import { PATH_SYSCALLS } from './paths.ts';
import { POLL_SYSCALLS } from './poll.ts';
import { POSIX_QUEUE_SYSCALLS } from './posix-queues.ts';
import { PRCTL_SYSCALLS } from './prctl.ts';
import { PRIVILEGED_SYSCALLS } from './privileged.ts';
import { PROCESS_SYSCALLS } from './process.ts';
import { REMAP_SYSCALLS } from './remap.ts';
import { RESOURCE_SYSCALLS } from './resources.ts';
import { SCHEDULING_SYSCALLS } from './scheduling.ts';
import { SEMAPHORE_SYSCALLS } from './semaphores.ts';
import { SHARED_MEMORY_SYSCALLS } from './shared-memory.ts';
import { SIGNAL_SYSCALLS } from './signals.ts';
import { SOCKET_SYSCALLS } from './sockets.ts';
import { SPLICE_SYSCALLS } from './splice.ts';
import { SYSTEM_SYSCALLS } from './system.ts';
import { TIME_SYSCALLS } from './time.ts';
import { TIMER_SYSCALLS } from './timers.ts';
import { TRANSFER_SYSCALLS } from './transfer.ts';
import { USER_FAULT_SYSCALLS } from './user-faults.ts';
import { WATCH_SYSCALLS } from './watches.ts';
import { WAIT_SYSCALLS } from './wait.ts';

interface SyscallEntry {
  readonly name: SyscallName;
  readonly handler: SyscallHandler;
}

/** Handlers of one family of syscalls. */
export type SyscallFamily = Partial<Record<SyscallName, SyscallHandler>>;

/** Every family, under the title that docs/linux.md gives it. */
export const FAMILIES: ReadonlyMap<string, SyscallFamily> = new Map([
  ['Processes', PROCESS_SYSCALLS],
  ['Waiting for children', WAIT_SYSCALLS],
  ['Ids and sessions', IDENTITY_SYSCALLS],
  [
    'Memory',
    {
      ...MEMORY_SYSCALLS,
      ...REMAP_SYSCALLS,
      ...ADVICE_SYSCALLS,
      ...MEMORY_LOCK_SYSCALLS,
      ...OTHER_MEMORY_SYSCALLS,
      ...USER_FAULT_SYSCALLS,
    },
  ],
  ['System V shared memory', SHARED_MEMORY_SYSCALLS],
  ['System V semaphores', SEMAPHORE_SYSCALLS],
  ['System V message queues', MESSAGE_QUEUE_SYSCALLS],
  ['POSIX message queues', POSIX_QUEUE_SYSCALLS],
  ['Descriptors', FILE_SYSCALLS],
  ['Locks', LOCK_SYSCALLS],
  ['Reading and writing', TRANSFER_SYSCALLS],
  ['Through pipes', SPLICE_SYSCALLS],
  ['Paths', { ...PATH_SYSCALLS, ...ATTRIBUTE_SYSCALLS }],
  ['Watching files', WATCH_SYSCALLS],
  ['Waiting for files', POLL_SYSCALLS],
  ['Event descriptors', EVENT_SYSCALLS],
  ['Sockets', SOCKET_SYSCALLS],
  ['Signals', SIGNAL_SYSCALLS],
  ['Futexes', FUTEX_SYSCALLS],
  ['Time', TIME_SYSCALLS],
  ['POSIX timers', TIMER_SYSCALLS],
  ['Attributes of processes', PRCTL_SYSCALLS],
  ['Scheduling', SCHEDULING_SYSCALLS],
  ['Resource limits', RESOURCE_SYSCALLS],
  ['The machine', SYSTEM_SYSCALLS],
  ['For superusers: EPERM', PRIVILEGED_SYSCALLS],
]);

/** Every syscall that is served, by number. */
export const SYSCALLS: ReadonlyMap<number, SyscallEntry> = new Map(
  [...FAMILIES.values()]
    .flatMap((family) => Object.entries(family) as [SyscallName, SyscallHandler][])
    .map(([name, handler]) => [SYSCALL_NUMBERS[name], { name, handler }]),
);
