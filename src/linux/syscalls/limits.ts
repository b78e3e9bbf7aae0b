import type { SyscallName } from '../abi/syscall-number.ts';

/** What of a served syscall is not as on Linux; docs/linux.md says so. The rest behaves as its manual page says. */
export const SYSCALL_LIMITS: Partial<Record<SyscallName, string>> = {
  clone: 'namespaces are EPERM',
  clone3: 'namespaces are EPERM',
  clock_getres: 'one nanosecond, which is one instruction',
  fchown: 'accepted; there is one user',
  fchownat: 'accepted; there is one user',
  fdatasync: 'nothing is written back to the host before the end of the run (--root-mode save)',
  fgetxattr: 'EOPNOTSUPP: no file has extended attributes',
  fsetxattr: 'EOPNOTSUPP: no file has extended attributes',
  fsync: 'nothing is written back to the host before the end of the run (--root-mode save)',
  getxattr: 'EOPNOTSUPP: no file has extended attributes',
  ioctl:
    'FIONREAD, FIONBIO, FIOCLEX and those of terminals and pseudo-terminals, but for parity, baud rates, TIOCSTI, EXTPROC and struct termios2; TIOCEXCL keeps nobody out; FIOASYNC is accepted, and no SIGIO sent',
  landlock_create_ruleset: 'EOPNOTSUPP: Landlock is off',
  lgetxattr: 'EOPNOTSUPP: no file has extended attributes',
  listxattr: 'no attributes',
  membarrier: 'ENOSYS: there is one hart, libraries do without',
  mlock: 'nothing is ever swapped out',
  mknodat: 'regular files and FIFOs; EPERM for devices',
  rseq: 'ENOSYS: libraries do without',
  sched_setscheduler: 'SCHED_OTHER, SCHED_BATCH and SCHED_IDLE, which all get the same turns',
  setitimer: 'a system call takes no time of its own: ITIMER_VIRTUAL and ITIMER_PROF count the same',
  socket: 'AF_UNIX, and TCP and UDP over the loopback address; the host and its network cannot be reached',
  setsockopt: 'timeouts, SO_REUSEADDR and SO_PASSCRED work; other options are kept and change nothing',
  timer_create: 'CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME',
};
