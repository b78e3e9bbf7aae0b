import { toHex, type VirtAddr } from '../memory/address.ts';
import { PlatformFailure } from './platform-failure.ts';

/** The handler of a copy-on-write fault hit a copy-on-write page itself: on real hardware the fault would never be resolved. */
export class NestedCowFault extends PlatformFailure {
  override readonly title = 'Nested CoW fault';

  constructor(
    /** The fault that was being handled. */
    readonly outer: VirtAddr,
    /** The address that the handler touched. */
    readonly inner: VirtAddr,
  ) {
    super(`nested copy-on-write fault: the handler of the fault at ${toHex(outer)} itself wrote ${toHex(inner)}`);
    this.name = 'NestedCowFault';
  }
}
