import { PollEvent } from '../abi/flags.ts';
import type { ThreadGroup } from '../thread-group.ts';
import type { WaitQueue } from '../wait-queue.ts';
import type { FileAttributes, InodeIdentity } from './inode.ts';
import { OpenFile } from './open-file.ts';

/** pidfd_open(2): stands for a process, and is readable once it has ended. */
export class ProcessFile extends OpenFile {
  readonly #identity: InodeIdentity;

  constructor(
    identity: InodeIdentity,
    readonly process: ThreadGroup,
    flags: number,
  ) {
    super('anon_inode:[pidfd]', flags | 2);
    this.#identity = identity;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.process.ended];
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  override poll(): number {
    return this.process.state === 'running' ? 0 : PollEvent.In | PollEvent.ReadNormal;
  }
}
