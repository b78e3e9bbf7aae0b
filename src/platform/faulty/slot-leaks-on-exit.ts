import { PartitionedProvider } from '../partitioned.ts';

/** Never gives a slot back: after as many forks as there are slots, fork fails for ever. */
export class SlotLeaksOnExit extends PartitionedProvider {
  override readonly name = 'faulty/slot-leaks-on-exit';

  protected override releaseSlot(): void {}
}
