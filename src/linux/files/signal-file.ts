import { Errno, fail } from '../abi/errno.ts';
import { PollEvent } from '../abi/flags.ts';
import type { SignalSet } from '../abi/signal-number.ts';
import type { Kernel } from '../kernel.ts';
import type { SignalInfo } from '../signal-queue.ts';
import type { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, type InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

/** struct signalfd_siginfo. */
const RECORD_SIZE = 128;

/** signalfd(2): reads take the pending signals of whoever reads. */
export class SignalFile extends OpenFile {
  readonly #kernel: Kernel;
  readonly #identity: InodeIdentity;

  constructor(
    kernel: Kernel,
    identity: InodeIdentity,
    public mask: SignalSet,
    flags: number,
  ) {
    super('anon_inode:[signalfd]', flags | 2);
    this.#kernel = kernel;
    this.#identity = identity;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#kernel.signals.arrived];
  }

  override get waitReason(): string {
    return 'waits for a signal';
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  override read(into: Uint8Array): number {
    if (into.length < RECORD_SIZE) return fail(Errno.EINVAL);
    const thread = this.#kernel.current!;
    let done = 0;
    while (done + RECORD_SIZE <= into.length) {
      const info = thread.pending.take(this.mask) ?? thread.process.pending.take(this.mask);
      if (!info) break;
      into.set(record(info), done);
      done += RECORD_SIZE;
    }
    return done === 0 ? WOULD_WAIT : done;
  }

  override poll(): number {
    const thread = this.#kernel.current;
    const pending = thread ? thread.pending.set | thread.process.pending.set : 0n;
    return pending & this.mask ? PollEvent.In | PollEvent.ReadNormal : 0;
  }
}

function record(info: SignalInfo): Uint8Array {
  const view = new DataView(new ArrayBuffer(RECORD_SIZE));
  view.setUint32(0, info.signal, true);
  view.setInt32(8, info.code, true);
  view.setUint32(12, info.pid ?? 0, true);
  view.setUint32(16, info.uid ?? 0, true);
  view.setInt32(40, info.status ?? 0, true);
  view.setInt32(44, Number(BigInt.asIntN(32, info.value ?? 0n)), true);
  view.setBigUint64(48, info.value ?? 0n, true);
  view.setBigUint64(56, info.address ?? 0n, true);
  return new Uint8Array(view.buffer);
}
