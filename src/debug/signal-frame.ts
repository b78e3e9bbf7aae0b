import type { Frame, ReadMemory } from '../symbols/frame.ts';
import { X } from '../riscv/registers.ts';

/** `li a7, 139; ecall`: what a signal handler returns to (Linux, arch/riscv/kernel/vdso/rt_sigreturn.S). */
const TRAMPOLINE = [0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00];
/** Of uc_mcontext in struct rt_sigframe: after a siginfo_t of 128 bytes, and 168 of ucontext aligned to 16. */
const MCONTEXT = 128 + 176;
const REGISTERS = 32;
/** In struct sigcontext the floating-point registers follow the integer ones. */
const FLOATS = MCONTEXT + REGISTERS * 8;

/** The frame that a signal interrupted, where `frame` is the return trampoline of its handler. */
export function interruptedFrame(frame: Frame): Frame | undefined {
  const { pc, read, registers } = frame;
  const code = read(pc, TRAMPOLINE.length);
  if (!code || code.some((byte, at) => byte !== TRAMPOLINE[at])) return undefined;
  const sp = registers.x[X.Sp];
  const saved = sp === undefined ? undefined : words(read, Number(sp) + MCONTEXT);
  const floats = sp === undefined ? undefined : words(read, Number(sp) + FLOATS);
  if (!saved || !floats) return undefined;
  // struct user_regs_struct has pc where x0 would be.
  const [savedPc, ...x] = saved;
  return { pc: Number(savedPc), isCaller: false, read, registers: { x: [0n, ...x], f: floats } };
}

function words(read: ReadMemory, address: number): bigint[] | undefined {
  const bytes = read(address, REGISTERS * 8);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: REGISTERS }, (_, index) => view.getBigUint64(index * 8, true));
}
