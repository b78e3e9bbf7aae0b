import type { Kernel } from '../linux/kernel.ts';
import type { FaultCause } from '../platform/fault.ts';
import type { AddressSpaceProvider } from '../platform/provider.ts';

/** What a run cost, in counts. They are kept where things happen, whether or not anybody listens to events. */
export class MachineStats {
  readonly #kernel: Kernel;
  readonly #provider: AddressSpaceProvider;

  constructor(kernel: Kernel, provider: AddressSpaceProvider) {
    this.#kernel = kernel;
    this.#provider = provider;
  }

  get faults(): Partial<Record<FaultCause, number>> {
    return this.#provider.faultCounts.byCause;
  }

  /** Completed system calls by name. */
  get syscalls(): Record<string, number> {
    return this.#kernel.syscallCounts.byName;
  }

  /** Processes made by fork, vfork and clone. */
  get forks(): number {
    return this.#kernel.lifeCycle.forks;
  }
}
