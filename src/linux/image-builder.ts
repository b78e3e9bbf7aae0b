import { PAGE_SIZE, pageCeil, toHex, type VirtAddr, virtAddr } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { MapError, SpaceAccess } from '../platform/space-access.ts';
import { layoutOf } from '../platform/space-layout.ts';
import { err, ok, type Result } from '../result.ts';
import { Errno } from './abi/errno.ts';
import { chooseBase, type Executable, type LoadedElf, linkedExtent, mapSegments } from './elf-loader.ts';
import { PROGRAM_HEADER_SIZE } from './elf-headers.ts';
import { CLOCK_TICKS, GROUP_ID, USER_ID } from './identity.ts';
import { Aux, HWCAP, type InitialStack, initialStackSize, writeInitialStack } from './initial-stack.ts';
import type { LoadError } from './load-error.ts';
import type { Program } from './program.ts';
import type { RandomSource } from './random.ts';
import { SIGNAL_FRAME_SIZE } from './signal-frame.ts';
import type { Image } from './thread-group.ts';
import { encodeText } from './user-memory.ts';

/** Mapped below the arguments from the start, as Linux does; the stack grows on its own from there. */
const INITIAL_STACK = 128 * 1024;

/** `li a7, 139; ecall`: rt_sigreturn. Handlers return to it; Linux keeps it in the vDSO. */
const SIGNAL_RETURN_CODE = new Uint8Array(new Uint32Array([0x08b0_0893, 0x0000_0073]).buffer);

/** What the first instruction of a program finds. */
export interface Start {
  readonly image: Image;
  readonly pc: number;
  readonly sp: number;
}

/** How a program is placed. */
export interface Placing {
  /** What AT_RANDOM is taken from. */
  readonly random: RandomSource;
  /** Draws where things go; absent, everything goes where it always does (personality(2), ADDR_NO_RANDOMIZE). */
  readonly layout: RandomSource | undefined;
  /** Bytes (RLIMIT_STACK). */
  readonly stackLimit: number;
}

/** Fills an empty space with a program: segments, stack with its arguments, and the page that handlers return to. */
export function buildImage(access: SpaceAccess, program: Program, placing: Placing): Result<Start, LoadError> {
  const { random } = placing;
  const { executable, interpreter } = program;
  const outOfMemory = (): Result<never, LoadError> =>
    err({
      message: `${program.name} does not fit: guest memory or address space is used up`,
      exitCode: 69,
      errno: Errno.ENOMEM,
    });
  const aux16 = new Uint8Array(16);
  random.fill(aux16);
  const stack: InitialStack = {
    argv: program.argv,
    env: program.env,
    path: encodeText(executable.path),
    random: aux16,
    aux: AUX_TYPES.map((type) => [type, 0]),
  };
  const shift = (): number => shiftOf(placing.layout, access);
  const stackShift = shift();
  const top = virtAddr(access.range.end - PAGE_SIZE - stackShift);
  access.setLayout(layoutOf(access.range, placing.stackLimit, stackShift + shift()));
  const stackLength = pageCeil(initialStackSize(stack) + INITIAL_STACK);
  const stackMapped = access.map({
    placement: { kind: 'if-free', start: virtAddr(top - stackLength) },
    length: stackLength,
    permissions: executable.headers.stackPermissions | Pte.R | Pte.W,
    sharing: 'private',
    growth: 'down',
    name: '[stack]',
  });
  if (!stackMapped.ok) return outOfMemory();

  const loaded = load(access, executable, stackMapped.value, shift());
  if (!loaded.ok) return isElsewhere(access, executable) ? wrongPlace(access, program) : outOfMemory();
  const linker = interpreter && load(access, interpreter, stackMapped.value, 0);
  if (linker && !linker.ok) return outOfMemory();

  const signalReturn = mapSignalReturn(access);
  if (!signalReturn.ok) return outOfMemory();

  const values: Record<(typeof AUX_TYPES)[number], number> = {
    [Aux.HardwareCapabilities]: HWCAP,
    [Aux.PageSize]: PAGE_SIZE,
    [Aux.ClockTicks]: CLOCK_TICKS,
    [Aux.ProgramHeaders]: loaded.value.programHeaders,
    [Aux.ProgramHeaderSize]: PROGRAM_HEADER_SIZE,
    [Aux.ProgramHeaderCount]: executable.headers.programHeaderCount,
    [Aux.Base]: linker ? linker.value.base : 0,
    [Aux.Flags]: 0,
    [Aux.Entry]: loaded.value.entry,
    [Aux.Uid]: USER_ID,
    [Aux.EffectiveUid]: USER_ID,
    [Aux.Gid]: GROUP_ID,
    [Aux.EffectiveGid]: GROUP_ID,
    [Aux.Secure]: 0,
    [Aux.MinSignalStack]: SIGNAL_FRAME_SIZE,
  };
  const written = writeInitialStack(access, top, { ...stack, aux: AUX_TYPES.map((type) => [type, values[type]]) });
  if (!written.ok) return outOfMemory();
  return ok({
    image: { path: executable.path, heapStart: loaded.value.end + shift(), signalReturn: signalReturn.value },
    pc: (linker ?? loaded).value.entry,
    sp: written.value.sp,
  });
}

const AUX_TYPES = [
  Aux.HardwareCapabilities,
  Aux.PageSize,
  Aux.ClockTicks,
  Aux.ProgramHeaders,
  Aux.ProgramHeaderSize,
  Aux.ProgramHeaderCount,
  Aux.Base,
  Aux.Flags,
  Aux.Entry,
  Aux.Uid,
  Aux.EffectiveUid,
  Aux.Gid,
  Aux.EffectiveGid,
  Aux.Secure,
  Aux.MinSignalStack,
] as const;

/**
 * @param end one past the highest address it may take: the stack lies above.
 * @param shift what a position-independent program is moved up by.
 */
function load(access: SpaceAccess, program: Executable, end: number, shift: number): Result<LoadedElf, MapError> {
  const { headers } = program;
  let base: Result<number, MapError> = ok(0);
  if (headers.position === 'independent')
    base = headers.interpreter === undefined ? chooseBase(access, headers) : ok(mainBase(access, program) + shift);
  if (!base.ok) return base;
  const extent = linkedExtent(headers);
  const start = base.value + extent.start;
  const fits = start >= access.range.start && start + extent.length <= end;
  return fits ? mapSegments(access, program, base.value) : err('no-space');
}

/**
 * A random number of pages, as bytes: up to a gigabyte, as Linux's 18 bits for Sv39, and less where the space is small,
 * so that what is moved still fits.
 */
function shiftOf(layout: RandomSource | undefined, { range }: SpaceAccess): number {
  if (!layout) return 0;
  const most = Math.min(2 ** 30, (range.end - range.start) / 64);
  return layout.below(Math.floor(most / PAGE_SIZE)) * PAGE_SIZE;
}

/** Whether a program is linked for addresses that the space does not have. */
function isElsewhere({ range }: SpaceAccess, { headers }: Executable): boolean {
  const { start, length } = linkedExtent(headers);
  return headers.position === 'fixed' && (start < range.start || start + length > range.end);
}

function wrongPlace({ range }: SpaceAccess, { name, executable }: Program): Result<never, LoadError> {
  const { start, length } = linkedExtent(executable.headers);
  const linked = `${toHex(start)}-${toHex(start + length)}`;
  const message = `${name} is linked for ${linked}, and its process has ${toHex(range.start)}-${toHex(range.end)}: build it with -pie`;
  return err({ message, exitCode: 67, errno: Errno.ENOEXEC });
}

/** Where Linux puts a position-independent program (ELF_ET_DYN_BASE): two thirds up, so that its heap can grow. */
function mainBase(access: SpaceAccess, { headers }: Executable): number {
  const { start, end } = access.range;
  const base = start + Math.floor(((end - start) * 2) / 3 / PAGE_SIZE) * PAGE_SIZE;
  return base - linkedExtent(headers).start;
}

function mapSignalReturn(access: SpaceAccess): Result<VirtAddr, unknown> {
  const mapped = access.map({
    placement: { kind: 'anywhere' },
    length: PAGE_SIZE,
    permissions: Pte.R | Pte.X,
    sharing: 'private',
    name: '[sigreturn]',
  });
  if (!mapped.ok) return mapped;
  const written = access.poke(mapped.value, SIGNAL_RETURN_CODE);
  return written.ok ? mapped : written;
}
