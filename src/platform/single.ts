import { err, ok, type Result } from '../result.ts';
import { TableProvider } from './table-provider.ts';
import type { PagedSpace } from './paged-space.ts';
import type { NoSpace, NotSupported } from './provider.ts';

/**
 * One space at a time, and no fork: a machine that runs a single program. A platform whose processes all live in one
 * space can delegate to it.
 *
 * Where not even one space can be made, a provider is an `AddressSpaceProvider<never>`: every method that takes a space
 * is then uncallable, and needs no error for it.
 */
export class SingleProvider extends TableProvider {
  override readonly name = 'single';

  create(): Result<PagedSpace, NoSpace | NotSupported> {
    if (this.spaces.size > 0) return err(this.notSupported());
    const image = this.createImage();
    return image ? ok(this.createSpace(image, undefined)) : err({ kind: 'no-space' });
  }

  fork(parent: PagedSpace): Result<never, NotSupported> {
    this.own(parent);
    return err(this.notSupported());
  }

  private notSupported(): NotSupported {
    return { kind: 'not-supported', platform: this.name };
  }
}
