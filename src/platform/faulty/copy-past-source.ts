import { toHex, type AddressRange, type VirtAddr } from '../../memory/address.ts';
import { PlatformFailure } from '../platform-failure.ts';

/** A copy was asked to read past the end of what it copies from. */
export class CopyPastSource extends PlatformFailure {
  constructor(source: AddressRange, from: VirtAddr, length: number) {
    super(
      `remap reads past its source: ${length} bytes from ${toHex(from)}, ` +
        `but the source ${toHex(source.start)}-${toHex(source.end)} has only ${source.end - from} from there`,
    );
    this.name = 'CopyPastSource';
  }
}
