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
