import { SYSCALL_NUMBERS } from './abi/syscall-number.ts';

/** How often each system call was completed. */
export class SyscallCounts {
  readonly #counts = new Float64Array(Math.max(...Object.values(SYSCALL_NUMBERS)) + 1);

  /** @param number one that has a name. */
  add(number: number): void {
    this.#counts[number]++;
  }

  /** Those that were made, by name. */
  get byName(): Record<string, number> {
    const made = Object.entries(SYSCALL_NUMBERS).filter(([, number]) => this.#counts[number] > 0);
    return Object.fromEntries(made.map(([name, number]) => [name, this.#counts[number]]));
  }
}
