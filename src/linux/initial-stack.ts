import { type VirtAddr, virtAddr } from '../memory/address.ts';
import type { AccessFault, SpaceAccess } from '../platform/space-access.ts';
import { ok, type Result } from '../result.ts';

/** Auxiliary vector types (getauxval(3), include/uapi/linux/auxvec.h). */
export const enum Aux {
  Null = 0,
  ProgramHeaders = 3,
  ProgramHeaderSize = 4,
  ProgramHeaderCount = 5,
  PageSize = 6,
  Base = 7,
  Flags = 8,
  Entry = 9,
  Uid = 11,
  EffectiveUid = 12,
  Gid = 13,
  EffectiveGid = 14,
  HardwareCapabilities = 16,
  ClockTicks = 17,
  Secure = 23,
  Random = 25,
  ExecutableName = 31,
  MinSignalStack = 51,
}

/** Letters of the ISA string as AT_HWCAP bits: I, M, A, F, D, C. */
export const HWCAP = [...'imafdc'].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 97)), 0);

export interface InitialStack {
  readonly argv: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  readonly path: Uint8Array;
  /** 16 bytes for AT_RANDOM. */
  readonly random: Uint8Array;
  /** Entries of the auxiliary vector but those that point into the stack. */
  readonly aux: readonly (readonly [Aux, number])[];
}

/** Bytes that `writeInitialStack` writes at most. */
export function initialStackSize({ argv, env, path, aux }: InitialStack): number {
  const strings = [...argv, ...env, path].reduce((sum, text) => sum + text.length + 1, 0);
  return strings + (argv.length + env.length + 3 + (aux.length + 3) * 2) * 8 + 64;
}

/**
 * Lays out what a new program finds on its stack: argc, argv, envp, auxv upwards from sp, their strings above
 * (System V ABI, "Process Initialization"; RISC-V calling convention: sp is a multiple of 16).
 * @param top end of the stack. @returns sp and where the argument strings lie.
 */
export function writeInitialStack(
  access: SpaceAccess,
  top: VirtAddr,
  stack: InitialStack,
): Result<{ readonly sp: VirtAddr }, AccessFault> {
  const size = initialStackSize(stack);
  const bytes = new Uint8Array(size);
  const base = top - size;
  let at = size - 8;
  const push = (content: Uint8Array, terminator: number): number => {
    at -= content.length + terminator;
    bytes.set(content, at);
    return base + at;
  };
  const path = push(stack.path, 1);
  const env = stack.env
    .toReversed()
    .map((text) => push(text, 1))
    .toReversed();
  const argv = stack.argv
    .toReversed()
    .map((text) => push(text, 1))
    .toReversed();
  const random = push(stack.random, 0);

  const aux: (readonly [Aux, number])[] = [
    ...stack.aux,
    [Aux.Random, random],
    [Aux.ExecutableName, path],
    [Aux.Null, 0],
  ];
  const words = [argv.length, ...argv, 0, ...env, 0, ...aux.flat()];
  const sp = virtAddr(Math.floor((base + at - words.length * 8) / 16) * 16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setBigUint64(sp - base + i * 8, BigInt(word), true));
  const written = access.write(sp, bytes.subarray(sp - base));
  return written.ok ? ok({ sp }) : written;
}
