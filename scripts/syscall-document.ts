import { SYSCALL_NUMBERS, type SyscallName } from '../src/linux/abi/syscall-number.ts';
import { SYSCALL_LIMITS } from '../src/linux/syscalls/limits.ts';
import { FAMILIES } from '../src/linux/syscalls/table.ts';

/** docs/linux.md: every system call of riscv64 and what the shim makes of it, from the table that serves them. */
export function syscallDocument(): string {
  const served = new Set<string>([...FAMILIES.values()].flatMap((family) => Object.keys(family)));
  const missing = Object.keys(SYSCALL_NUMBERS).filter((name) => !served.has(name));
  return [
    '# System calls',
    '',
    '<!-- Made by `npm run docs:linux` from src/linux/syscalls; a test fails when it is not current. -->',
    '',
    `Of the ${Object.keys(SYSCALL_NUMBERS).length} system calls of riscv64 Linux, ${served.size} are served. They behave as their manual pages say, but`,
    'for what is noted here. The others return `ENOSYS`; `pagewalk run` says so once each.',
    '',
    '## What differs',
    '',
    '- There is one user without privileges, one hart, and one instruction takes one nanosecond; system calls take no time.',
    '- Without `--aslr SEED` nothing is placed at random; with it, stack, heap, mappings and position-independent programs are,',
    '  the same way for the same seed. `--schedule SEED` makes the lengths of turns vary in the same manner.',
    '- RLIMIT_AS, CPU, DATA, FSIZE, MEMLOCK, NICE, NOFILE, NPROC and STACK are enforced; no core is ever written. A stack that',
    '  grows does not count against RLIMIT_AS.',
    '- Page faults, resident pages and switches are counted for every thread, process and child. All faults are minor ones:',
    '  files are in memory. A page of zeroes that was only read has a frame of its own, and counts as resident.',
    '- Overcommit is heuristic: a single private mapping larger than the memory of the machine is refused, unless it is',
    '  MAP_NORESERVE or made writable later. When memory is used up, pages of files that nobody maps are given back; then fork',
    '  and exec fail with ENOMEM, and a process that touches more is killed.',
    '- Locks of files, System V IPC and POSIX queues are between the processes of the machine, never with the host’s.',
    '- A futex with priority inheritance (FUTEX_LOCK_PI and its relatives) and `futex_waitv` are ENOSYS.',
    '- `userfaultfd` needs UFFD_USER_MODE_ONLY, as for every ordinary user: a fault inside a system call is EFAULT. It is for',
    '  missing pages of private anonymous memory; a thread that waits for one takes no signals but SIGKILL.',
    '- `/proc/PID/mem` and `process_vm_readv` are for all processes but those that have asked not to be traced',
    '  (PR_SET_DUMPABLE).',
    '- `mq_notify` with SIGEV_THREAD needs a netlink socket, which there is not.',
    '',
    ...[...FAMILIES].flatMap(([title, family]) => section(title, Object.keys(family) as SyscallName[])),
    '## Not served',
    '',
    `${missing.map((name) => `\`${name}\``).join(', ')}.`,
    '',
  ].join('\n');
}

function section(title: string, names: readonly SyscallName[]): string[] {
  const limited = names.filter((name) => SYSCALL_LIMITS[name] !== undefined);
  return [
    `## ${title}`,
    '',
    `${names
      .toSorted()
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
    '',
    ...limited.toSorted().map((name) => `- \`${name}\`: ${SYSCALL_LIMITS[name]}.`),
    ...(limited.length > 0 ? [''] : []),
  ];
}
