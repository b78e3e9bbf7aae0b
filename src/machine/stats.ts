import type { FaultCause } from '../platform/fault.ts';
import type { MachineEvent } from './machine-event.ts';

/** What a run cost, in counts. */
export class MachineStats {
  readonly faults: Partial<Record<FaultCause, number>> = {};
  readonly syscalls: Record<string, number> = {};
  forks = 0;

  count(event: MachineEvent): void {
    switch (event.kind) {
      case 'fault':
        this.faults[event.cause] = (this.faults[event.cause] ?? 0) + 1;
        break;
      case 'fork':
      case 'vfork':
        this.forks++;
        break;
      case 'syscall':
        this.syscalls[event.name] = (this.syscalls[event.name] ?? 0) + 1;
        break;
      default:
    }
  }
}
