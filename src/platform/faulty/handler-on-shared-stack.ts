import type { VirtAddr } from '../../memory/address.ts';
import type { GuestHandler } from '../guest-handler.ts';
import { IndependentProvider } from '../independent.ts';
import type { ProviderParts } from '../paged-provider.ts';
import type { SpaceAccess } from '../space-access.ts';

/**
 * A fault handler that runs on the guest's stack, on a platform that forgot to copy the handler's own pages at fork: the
 * first copy-on-write fault makes the handler hit another one.
 */
export class HandlerOnSharedStack extends IndependentProvider {
  override readonly name = 'faulty/handler-on-shared-stack';

  constructor(parts: ProviderParts) {
    super({ ...parts, guestHandler: STACK_HANDLER });
  }

  protected override footprint(): readonly VirtAddr[] {
    return [];
  }
}

/** Uses the last bytes of the topmost page of the stack, and leaves them as they are. */
const STACK_HANDLER: GuestHandler = {
  footprint: () => [],
  run(access: SpaceAccess) {
    const stack = access.mappings().find(({ growth }) => growth === 'down');
    if (!stack) return;
    const scratch = new Uint8Array(8);
    const at = (stack.end - scratch.length) as VirtAddr;
    if (access.read(at, scratch).ok) access.write(at, scratch);
  },
};
