import type { HartState } from '../cpu/hart-state.ts';
import { encodeSignalInfo, SIGINFO_SIZE } from './abi/structs.ts';
import type { SignalSet } from './abi/signal-number.ts';
import type { SignalInfo } from './signal-queue.ts';
import type { AlternateStack } from './thread.ts';

/*
 * struct rt_sigframe of arch/riscv/kernel/signal.c: a siginfo_t, then a ucontext:
 *
 *     0     siginfo_t (128 bytes)
 *     128   uc_flags, uc_link
 *     144   uc_stack: ss_sp, ss_flags, ss_size
 *     168   uc_sigmask, room for 1024 signals
 *     304   uc_mcontext: pc, x1..x31, then 528 bytes of floating-point state (f0..f31, fcsr, and room for quad)
 */
const STACK = SIGINFO_SIZE + 16;
const MASK = SIGINFO_SIZE + 40;
const REGISTERS = SIGINFO_SIZE + 176;
const FLOATS = REGISTERS + 32 * 8;
const FCSR = FLOATS + 32 * 8;

/** Bytes of the frame; a multiple of 16. */
export const SIGNAL_FRAME_SIZE = FLOATS + 528;

/** Offset of siginfo_t and of ucontext in the frame. */
export const SIGINFO_OFFSET = 0;
export const UCONTEXT_OFFSET = SIGINFO_SIZE;

/** What a frame saves besides the registers. */
export interface SavedState {
  readonly mask: SignalSet;
  readonly alternateStack: AlternateStack;
  /** SS_ONSTACK or SS_DISABLE, and SS_AUTODISARM. */
  readonly stackFlags: number;
}

/** The frame for a signal that interrupts the registers now on the hart. */
export function buildSignalFrame(hart: HartState, info: SignalInfo, saved: SavedState): Uint8Array {
  const bytes = new Uint8Array(SIGNAL_FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  encodeSignalInfo(view, info);
  view.setBigUint64(STACK, BigInt(saved.alternateStack.start), true);
  view.setInt32(STACK + 8, saved.stackFlags, true);
  view.setBigUint64(STACK + 16, BigInt(saved.alternateStack.size), true);
  view.setBigUint64(MASK, saved.mask, true);
  view.setBigUint64(REGISTERS, BigInt(hart.pc), true);
  for (let i = 1; i < 32; i++) view.setBigUint64(REGISTERS + i * 8, hart.x(i), true);
  for (let i = 0; i < 32; i++) view.setBigUint64(FLOATS + i * 8, hart.f(i), true);
  view.setUint32(FCSR, hart.fcsr, true);
  return bytes;
}

/** Puts the registers that a frame saved back on the hart. @returns what else it saved. */
export function restoreSignalFrame(hart: HartState, frame: DataView): SavedState {
  // sret clears bit 0 of sepc.
  hart.pc = Number(frame.getBigUint64(REGISTERS, true) & ~1n);
  for (let i = 1; i < 32; i++) hart.setX(i, frame.getBigUint64(REGISTERS + i * 8, true));
  for (let i = 0; i < 32; i++) hart.setF(i, frame.getBigUint64(FLOATS + i * 8, true));
  hart.fcsr = frame.getUint32(FCSR, true);
  hart.dropReservation();
  return {
    mask: frame.getBigUint64(MASK, true),
    alternateStack: {
      start: Number(frame.getBigUint64(STACK, true)),
      size: Number(frame.getBigUint64(STACK + 16, true)),
      flags: 0,
    },
    stackFlags: frame.getInt32(STACK + 8, true),
  };
}
