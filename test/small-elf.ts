/** A PT_LOAD segment of a test's ELF file; sizes and offsets in bytes. */
export interface TestSegment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly address?: number;
  readonly fileSize?: number;
  readonly memorySize?: number;
}

export interface TestElf {
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: number;
  readonly class?: number;
  readonly encoding?: number;
  readonly segments?: readonly TestSegment[];
  /** Bytes of the file, zero where nothing else is. */
  readonly size?: number;
  readonly programHeaderSize?: number;
  readonly programHeaderCount?: number;
  /** Instructions at file offset 0x1000, which the default segment maps at 0x10000. */
  readonly code?: readonly number[];
}

export const CODE_OFFSET = 0x1000;
export const CODE_ADDRESS = 0x1_0000;
/** Readable and writable memory that the default file has from here, zero at first. */
export const SPACE_ADDRESS = 0x2_0000;
const SPACE_SIZE = 0x4000;

const ECALL = 0x73;

/** Code, and some zeroed memory to play with. */
export const DEFAULT_SEGMENTS: readonly TestSegment[] = [
  { flags: 5, offset: CODE_OFFSET, address: CODE_ADDRESS, fileSize: 0x100, memorySize: 0x100 },
  { flags: 6, offset: 0, address: SPACE_ADDRESS, fileSize: 0, memorySize: SPACE_SIZE },
];

/** A static riscv64 ELF file as an assembler and linker would make it, wrong where the test says so. */
export function smallElf(elf: TestElf = {}): Uint8Array {
  const segments = elf.segments ?? DEFAULT_SEGMENTS;
  const bytes = new Uint8Array(elf.size ?? 0x2000);
  const whole = new Uint8Array(Math.max(bytes.length, 0x2000));
  const view = new DataView(whole.buffer);
  whole.set([0x7f, 0x45, 0x4c, 0x46, elf.class ?? 2, elf.encoding ?? 1, 1]);
  view.setUint16(16, elf.type ?? 2, true);
  view.setUint16(18, elf.machine ?? 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(elf.entry ?? CODE_ADDRESS), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, elf.programHeaderSize ?? 56, true);
  view.setUint16(56, elf.programHeaderCount ?? segments.length, true);
  segments.forEach((segment, i) => {
    const at = 64 + i * 56;
    view.setUint32(at, segment.type ?? 1, true);
    view.setUint32(at + 4, segment.flags ?? 5, true);
    view.setBigUint64(at + 8, BigInt(segment.offset ?? 0), true);
    view.setBigUint64(at + 16, BigInt(segment.address ?? 0), true);
    view.setBigUint64(at + 32, BigInt(segment.fileSize ?? 0), true);
    view.setBigUint64(at + 40, BigInt(segment.memorySize ?? segment.fileSize ?? 0), true);
  });
  (elf.code ?? [ECALL]).forEach((word, i) => view.setUint32(CODE_OFFSET + i * 4, word, true));
  bytes.set(whole.subarray(0, bytes.length));
  return bytes;
}
