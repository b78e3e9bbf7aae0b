import { FrameUse } from '../../memory/frames.ts';
import { NO_FRAME } from '../../memory/address.ts';
import { Pte, pteFrame } from '../../memory/pte.ts';
import type { PartitionImage } from '../partition-image.ts';
import { PartitionedProvider } from '../partitioned.ts';
import { SnapshotLayer } from '../snapshot-layer.ts';

/** Saves shared memory with the private pages, and takes back what the child stored for everybody. */
export class RollsBackSharedMemory extends PartitionedProvider {
  override readonly name = 'faulty/rolls-back-shared-memory';

  protected override createLayer({ memory, root, window }: PartitionImage): SnapshotLayer {
    return new LayerWithSharedMemory(memory, root, memory.range, window?.layer);
  }
}

class LayerWithSharedMemory extends SnapshotLayer {
  override take(upFront: Parameters<SnapshotLayer['take']>[0]): boolean {
    const { frames } = this.memory;
    if (!super.take(upFront)) return false;
    for (const pte of this.pages.values()) {
      const frame = pteFrame(pte);
      // What a file's page cache has is read-only here.
      if (!(pte & Pte.W) || frames.useOf(frame) !== FrameUse.Object || this.saved.has(frame)) continue;
      const copy = frames.allocateCopy(frame);
      if (copy !== NO_FRAME) this.saved.set(frame, copy);
    }
    return true;
  }
}
