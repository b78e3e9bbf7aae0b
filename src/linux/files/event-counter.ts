import { Errno, fail } from '../abi/errno.ts';
import { PollEvent } from '../abi/flags.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, type InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

const MAX_COUNT = 0xffff_ffff_ffff_fffen;

/** eventfd(2): a counter that reads give away and writes add to. */
export class EventCounter extends OpenFile {
  readonly #changed = new WaitQueue();
  readonly #identity: InodeIdentity;
  #count: bigint;
  readonly #isSemaphore: boolean;

  constructor(identity: InodeIdentity, count: number, isSemaphore: boolean, flags: number) {
    super('anon_inode:[eventfd]', flags | 2);
    this.#identity = identity;
    this.#count = BigInt(count);
    this.#isSemaphore = isSemaphore;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#changed];
  }

  override get keepsMessages(): boolean {
    return true;
  }

  override get waitReason(): string {
    return 'waits for an eventfd';
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  override read(into: Uint8Array): number {
    if (into.length < 8) return fail(Errno.EINVAL);
    if (this.#count === 0n) return WOULD_WAIT;
    const taken = this.#isSemaphore ? 1n : this.#count;
    this.#count -= taken;
    new DataView(into.buffer, into.byteOffset).setBigUint64(0, taken, true);
    this.#changed.wakeAll();
    return 8;
  }

  override write(bytes: Uint8Array): number {
    if (bytes.length < 8) return fail(Errno.EINVAL);
    const added = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (added > MAX_COUNT) return fail(Errno.EINVAL);
    if (added > MAX_COUNT - this.#count) return WOULD_WAIT;
    this.#count += added;
    this.#changed.wakeAll();
    return 8;
  }

  override poll(): number {
    const readable = this.#count > 0n ? PollEvent.In | PollEvent.ReadNormal : 0;
    return readable | (this.#count < MAX_COUNT ? PollEvent.Out | PollEvent.WriteNormal : 0);
  }
}
