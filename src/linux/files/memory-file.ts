import { virtAddr } from '../../memory/address.ts';
import type { MemoryIdentity } from '../../platform/provider.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import type { Kernel } from '../kernel.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { mayTrace } from '../tracing.ts';
import type { UserMemory } from '../user-memory.ts';
import { type FileAttributes, Inode, type InodeIdentity } from './inode.ts';
import { OpenFile } from './open-file.ts';

/** /proc/PID/mem: the memory of a process, the address being the position (proc_pid_mem(5)). */
export class MemoryFile extends Inode {
  readonly size = 0;
  readonly #kernel: Kernel;
  readonly #process: ThreadGroup;

  constructor(kernel: Kernel, identity: InodeIdentity, process: ThreadGroup) {
    super(identity, Mode.Regular | 0o600);
    this.#kernel = kernel;
    this.#process = process;
  }

  open(path: string, flags: number): OpenFile {
    const reader = this.#kernel.current?.process;
    // One that may not be traced belongs to root, and so does a zombie, whose memory is gone.
    if (!this.#process.space || !this.#process.isDumpable) return fail(Errno.EACCES);
    if (reader && !mayTrace(this.#kernel, reader, this.#process)) return fail(Errno.EACCES);
    return new OpenMemoryFile(path, flags, this.#kernel, this, this.#process);
  }
}

/**
 * Stands for the memory that the process had at the open, also after a fork that passes the descriptor on: when the
 * last process that has it executes a program or ends, there is nothing left to read or write.
 */
class OpenMemoryFile extends OpenFile {
  readonly #kernel: Kernel;
  readonly #inode: Inode;
  readonly #memory: MemoryIdentity;
  #process: ThreadGroup;

  constructor(name: string, flags: number, kernel: Kernel, inode: Inode, process: ThreadGroup) {
    super(name, flags);
    this.#kernel = kernel;
    this.#inode = inode;
    this.#process = process;
    this.#memory = memoryOf(kernel, process)!;
  }

  override get failsWhole(): boolean {
    return true;
  }

  attributes(): FileAttributes {
    return this.#inode.attributes();
  }

  override read(into: Uint8Array): number {
    const count = this.readAt(this.position, into);
    this.position += count;
    return count;
  }

  override write(bytes: Uint8Array): number {
    const count = this.writeAt(this.position, bytes);
    this.position += count;
    return count;
  }

  override readAt(offset: number, into: Uint8Array): number {
    return this.#copy(into, (memory) => memory.peekSome(offset, into));
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    return this.#copy(bytes, (memory) => memory.pokeSome(offset, bytes));
  }

  override seek(offset: number, whence: number): number {
    if (whence !== 0 && whence !== 1) return fail(Errno.EINVAL);
    return (this.position = whence === 0 ? offset : this.position + offset);
  }

  override truncate(): void {
    // Accepted, as of all files of /proc.
  }

  /** EIO where nothing at all can be copied. */
  #copy({ length }: Uint8Array, copy: (memory: UserMemory) => number): number {
    const memory = this.#find();
    if (!memory || length === 0) return 0;
    return copy(memory) || fail(Errno.EIO);
  }

  /** The memory through whoever has it now. */
  #find(): UserMemory | undefined {
    const has = (process: ThreadGroup): boolean => memoryOf(this.#kernel, process) === this.#memory;
    if (has(this.#process)) return this.#process.memory;
    const other = [...this.#kernel.processes.values()].find(has);
    if (other) this.#process = other;
    return other?.memory;
  }
}

/** What all processes that have the same memory have in common. */
function memoryOf({ provider }: Kernel, { space }: ThreadGroup): MemoryIdentity | undefined {
  return space && provider.memoryIdentity(space, virtAddr(0));
}
