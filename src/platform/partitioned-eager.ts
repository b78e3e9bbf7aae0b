import { PartitionedProvider } from './partitioned.ts';

/** As `partitioned`, but a fork saves every private page that the child may write, so that no write of it faults. */
export class PartitionedEagerProvider extends PartitionedProvider {
  override readonly name = 'partitioned-eager';

  protected override savesUpFront(): () => boolean {
    return () => true;
  }
}
