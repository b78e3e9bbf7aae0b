import { PAGE_SIZE, pageCeil, pageFloor, virtAddr } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Permissions } from '../platform/mapping.ts';
import type { MapError, SpaceAccess } from '../platform/space-access.ts';
import { err, ok, type Result } from '../result.ts';
import type { RegularFile } from './files/regular-file.ts';
import type { ElfHeaders } from './elf-headers.ts';

/** A checked ELF file that can be mapped. */
export interface Executable {
  readonly path: string;
  readonly file: RegularFile;
  readonly headers: ElfHeaders;
}

/** Where an ELF file ended up. Addresses are final. */
export interface LoadedElf {
  /** What was added to the linked addresses; where the ELF header would be for AT_BASE. */
  readonly base: number;
  readonly entry: number;
  readonly programHeaders: number;
  /** First page boundary above all segments. */
  readonly end: number;
}

/**
 * Maps the segments of a file: private mappings of its page cache, zeroes behind them.
 * @param base added to every address; a multiple of the page size.
 */
export function mapSegments(access: SpaceAccess, program: Executable, base: number): Result<LoadedElf, MapError> {
  const { headers } = program;
  let end = 0;
  for (const segment of headers.segments) {
    const start = base + segment.address;
    const fileEnd = start + segment.fileSize;
    const memoryEnd = start + segment.memorySize;
    end = Math.max(end, pageCeil(memoryEnd));
    if (segment.fileSize > 0) {
      const mapped = access.map({
        placement: { kind: 'replace', start: pageFloor(start) },
        length: pageCeil(fileEnd) - pageFloor(start),
        permissions: segment.permissions,
        sharing: 'private',
        object: program.file.memoryObject(program.path),
        offset: pageFloor(segment.fileOffset),
        name: program.path,
      });
      if (!mapped.ok) return mapped;
      const tail = Math.min(pageCeil(fileEnd), memoryEnd) - fileEnd;
      // The rest of the last page of a .data segment is the start of .bss; elsewhere what follows in the file stays.
      if (tail > 0 && segment.permissions & Pte.W) {
        const zeroed = access.poke(virtAddr(fileEnd), new Uint8Array(pageCeil(fileEnd) - fileEnd));
        if (!zeroed.ok) return err('no-space');
      }
    }
    const zeroStart = segment.fileSize > 0 ? pageCeil(fileEnd) : pageFloor(start);
    if (memoryEnd > zeroStart) {
      const mapped = mapZeroes(access, zeroStart, pageCeil(memoryEnd) - zeroStart, segment.permissions);
      if (!mapped.ok) return mapped;
    }
  }
  return ok({
    base,
    entry: base + headers.entry,
    programHeaders: headers.programHeaders === 0 ? 0 : base + headers.programHeaders,
    end,
  });
}

/** Bytes from the first to the last page of all segments, as linked. */
export function linkedExtent(headers: ElfHeaders): { readonly start: number; readonly length: number } {
  const start = pageFloor(headers.segments[0].address);
  const last = headers.segments.at(-1)!;
  return { start, length: pageCeil(last.address + last.memorySize) - start };
}

/** Finds a free range for a position-independent file, as high as possible, and returns its base. */
export function chooseBase(access: SpaceAccess, headers: ElfHeaders): Result<number, MapError> {
  const extent = linkedExtent(headers);
  const reserved = access.map({
    placement: { kind: 'anywhere' },
    length: extent.length + PAGE_SIZE,
    permissions: 0,
    sharing: 'private',
  });
  if (!reserved.ok) return reserved;
  const released = access.unmap({ start: reserved.value, end: virtAddr(reserved.value + extent.length + PAGE_SIZE) });
  return released.ok ? ok(reserved.value - extent.start) : released;
}

function mapZeroes(
  access: SpaceAccess,
  start: number,
  length: number,
  permissions: Permissions,
): Result<unknown, MapError> {
  const placement = { kind: 'replace', start: virtAddr(start) } as const;
  return access.map({ placement, length, permissions, sharing: 'private' });
}
