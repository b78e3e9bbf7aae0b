import { Exit } from '../cpu/engine.ts';
import type { RefusedCause } from '../platform/fault.ts';

/** A signal that an instruction raises: number and si_code, as arch/riscv/kernel/traps.c chooses them. */
export interface Trap {
  readonly signal: number;
  readonly code: number;
  /** si_addr. */
  readonly address: bigint;
}

type Kind = Omit<Trap, 'address'>;

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGSEGV = 11;

export const TRAPS: Record<Exit.Ebreak | Exit.IllegalInstruction | Exit.Misaligned, Kind> = {
  [Exit.Ebreak]: { signal: SIGTRAP, code: 1 /* TRAP_BRKPT */ },
  [Exit.IllegalInstruction]: { signal: SIGILL, code: 1 /* ILL_ILLOPC */ },
  [Exit.Misaligned]: { signal: SIGBUS, code: 1 /* BUS_ADRALN */ },
};

const FAULT_TRAPS: Record<Exclude<RefusedCause, 'no-memory'>, Kind> = {
  unmapped: { signal: SIGSEGV, code: 1 /* SEGV_MAPERR */ },
  protection: { signal: SIGSEGV, code: 2 /* SEGV_ACCERR */ },
  'past-end': { signal: SIGBUS, code: 2 /* BUS_ADRERR */ },
};

export function trapOfFault(cause: Exclude<RefusedCause, 'no-memory'>, address: bigint): Trap {
  return { ...FAULT_TRAPS[cause], address };
}
