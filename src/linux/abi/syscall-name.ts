import { SYSCALL_NUMBERS } from './syscall-number.ts';

/** Names of system calls by their numbers. */
export const SYSCALL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(SYSCALL_NUMBERS).map(([name, number]) => [number, name]),
);

/** A syscall for a person: its number, and its name where it has one. */
export function syscallName(number: number): string {
  const name = SYSCALL_NAMES.get(number);
  return name === undefined ? String(number) : `${number} (${name})`;
}
