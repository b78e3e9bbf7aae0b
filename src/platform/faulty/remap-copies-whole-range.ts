import { PAGE_SIZE, type AddressRange, type VirtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import { err, type Result } from '../../result.ts';
import type { FaultTarget } from '../fault-handler.ts';
import { ImageAccess } from '../image-access.ts';
import { IndependentProvider } from '../independent.ts';
import type { MapError } from '../space-access.ts';
import { CopyPastSource } from './copy-past-source.ts';

/** mremap copies page by page, but as many bytes for each page as the whole old range has. */
export class RemapCopiesWholeRange extends IndependentProvider {
  override readonly name = 'faulty/remap-copies-whole-range';

  protected override createAccess(target: FaultTarget): ImageAccess {
    return new CopyingAccess(target, this.faults, this);
  }
}

class CopyingAccess extends ImageAccess {
  override move(from: AddressRange, to: VirtAddr): Result<void, MapError> {
    const length = from.end - from.start;
    const placement = { kind: 'replace', start: to } as const;
    const mapped = this.map({ placement, length, permissions: Pte.R | Pte.W, sharing: 'private' });
    if (!mapped.ok) return mapped;
    for (let chunk = 0; chunk < length; chunk += PAGE_SIZE)
      if (!this.copy(from, chunk, to, length)) return err('no-space');
    return this.unmap(from);
  }

  private copy(source: AddressRange, chunk: number, to: VirtAddr, length: number): boolean {
    const from = (source.start + chunk) as VirtAddr;
    if (from + length > source.end) throw new CopyPastSource(source, from, length);
    const bytes = new Uint8Array(length);
    return this.read(from, bytes).ok && this.write((to + chunk) as VirtAddr, bytes).ok;
  }
}
