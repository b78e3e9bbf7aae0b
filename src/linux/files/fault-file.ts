import { type AddressRange, PAGE_SIZE, pageFloor, virtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import { Errno, fail, SyscallError } from '../abi/errno.ts';
import { Open, PollEvent } from '../abi/flags.ts';
import type { Kernel } from '../kernel.ts';
import type { Thread } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import type { UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, type InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

/** ioctl_userfaultfd(2). */
const enum Request {
  Api = 0xc018_aa3f,
  Register = 0xc020_aa00,
  Unregister = 0x8010_aa01,
  Wake = 0x8010_aa02,
  Copy = 0xc028_aa03,
  ZeroPage = 0xc020_aa04,
}

const API = 0xaan;
const enum Feature {
  SigBus = 1 << 7,
  ThreadId = 1 << 8,
  ExactAddress = 1 << 11,
}
const FEATURES = Feature.SigBus | Feature.ThreadId | Feature.ExactAddress;
/** Requests that an instance takes, and those that a registered range does, as bits of their numbers. */
const INSTANCE_REQUESTS = (1n << 63n) | 3n;
const RANGE_REQUESTS = (1n << 2n) | (1n << 3n) | (1n << 4n);

const MODE_MISSING = 1n;
const WITHOUT_WAKE = 1n;
const EVENT_PAGEFAULT = 0x12;
const FLAG_WRITE = 1n;
const MESSAGE_SIZE = 32;

/** A thread that waits for a page. */
interface WaitingFault {
  readonly page: number;
  readonly message: Uint8Array;
  readonly release: () => void;
}

/** userfaultfd(2): faults on missing pages of registered memory are messages to be read, and pages are put there by ioctl(2). */
export class FaultFile extends OpenFile {
  readonly #kernel: Kernel;
  readonly #identity: InodeIdentity;
  /** Whose memory it is about. */
  readonly #process: ThreadGroup;
  readonly #arrived = new WaitQueue();
  #features: number | undefined;
  #unread: WaitingFault[] = [];
  #read: WaitingFault[] = [];

  constructor(kernel: Kernel, process: ThreadGroup, flags: number) {
    super('anon_inode:[userfaultfd]', flags | Open.ReadWrite);
    this.#kernel = kernel;
    this.#identity = kernel.files.numbers.next();
    this.#process = process;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#arrived];
  }

  override get keepsMessages(): boolean {
    return true;
  }

  override get waitReason(): string {
    return 'waits for a page fault of userfaultfd';
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  /** A thread has touched a missing page of a registered range. @returns whether it waits now, or gets SIGBUS. */
  fault(thread: Thread, va: number, isWrite: boolean): 'waits' | 'bus' {
    const features = this.#features ?? 0;
    if (features & Feature.SigBus) return 'bus';
    const message = new DataView(new ArrayBuffer(MESSAGE_SIZE));
    message.setUint8(0, EVENT_PAGEFAULT);
    message.setBigUint64(8, isWrite ? FLAG_WRITE : 0n, true);
    message.setBigUint64(16, BigInt(features & Feature.ExactAddress ? va : pageFloor(va)), true);
    if (features & Feature.ThreadId) message.setUint32(24, thread.tid, true);
    const release = thread.hold(`waits for the page at 0x${va.toString(16)}, which a userfaultfd is to give`);
    this.#unread.push({ page: pageFloor(va), message: new Uint8Array(message.buffer), release });
    this.#arrived.wakeAll();
    return 'waits';
  }

  /** As many messages as fit. */
  override read(into: Uint8Array): number {
    if (this.#features === undefined || into.length < MESSAGE_SIZE) return fail(Errno.EINVAL);
    if (this.#unread.length === 0) return WOULD_WAIT;
    const taken = this.#unread.splice(0, Math.floor(into.length / MESSAGE_SIZE));
    for (const [i, { message }] of taken.entries()) into.set(message, i * MESSAGE_SIZE);
    this.#read.push(...taken);
    return taken.length * MESSAGE_SIZE;
  }

  override poll(): number {
    if (this.#features === undefined || !(this.flags & Open.NonBlock)) return PollEvent.Error;
    return this.#unread.length > 0 ? PollEvent.In | PollEvent.ReadNormal : 0;
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    if (this.#features === undefined && request >>> 0 !== (Request.Api as number)) return fail(Errno.EINVAL);
    switch ((request >>> 0) as Request) {
      case Request.Api:
        return this.#start(address, memory);
      case Request.Register:
        return this.#register(address, memory);
      case Request.Unregister: {
        const range = this.#range(memory.view(address, 16));
        this.#process.faultFiles.set(range.start, range.end, undefined);
        this.#wake(range);
        return 0;
      }
      case Request.Wake:
        this.#wake(this.#range(memory.view(address, 16)));
        return 0;
      case Request.Copy: {
        const given = memory.view(address, 40);
        const source = Number(given.getBigUint64(8, true));
        const range = this.#range(given, 0, 16);
        return this.#fill(range, given.getBigUint64(24, true), memory, address + 32, (offset, page) => {
          if (memory.readSome(source + offset, page) < page.length) fail(Errno.EFAULT);
        });
      }
      case Request.ZeroPage: {
        const given = memory.view(address, 32);
        return this.#fill(this.#range(given), given.getBigUint64(16, true), memory, address + 24, () => {});
      }
      default:
        return fail(Errno.EINVAL);
    }
  }

  protected override closed(): void {
    const { faultFiles } = this.#process;
    for (const { start, end, mark } of faultFiles.all()) if (mark === this) faultFiles.set(start, end, undefined);
    this.#wake({ start: virtAddr(0), end: virtAddr(Number.MAX_SAFE_INTEGER) });
  }

  #start(address: number, memory: UserMemory): number {
    const given = memory.view(address, 24);
    const features = given.getBigUint64(8, true);
    if (given.getBigUint64(0, true) !== API || features & ~BigInt(FEATURES)) {
      memory.write(address, new Uint8Array(24));
      return fail(Errno.EINVAL);
    }
    if (this.#features !== undefined) {
      memory.write(address, new Uint8Array(24));
      return fail(Errno.EPERM);
    }
    memory.writeU64(address + 8, FEATURES);
    memory.writeU64(address + 16, INSTANCE_REQUESTS);
    this.#features = Number(features);
    return 0;
  }

  #register(address: number, memory: UserMemory): number {
    const given = memory.view(address, 32);
    const { start, end } = this.#range(given);
    if (given.getBigUint64(16, true) !== MODE_MISSING) return fail(Errno.EINVAL);
    const { faultFiles } = this.#process;
    const parts = this.#process.memory.with((access) =>
      access.mappings().filter((mapping) => mapping.start < end && mapping.end > start),
    );
    if (parts.length === 0) return fail(Errno.EINVAL);
    if (parts.some(({ sharing, object }) => sharing === 'shared' || object)) return fail(Errno.EINVAL);
    if (faultFiles.all().some((known) => known.mark !== this && known.start < end && known.end > start))
      return fail(Errno.EBUSY);
    this.#process.memory.reach = (va, length) => lengthBeforeFaults(this.#kernel, this.#process, va, length);
    for (const part of parts) faultFiles.set(Math.max(part.start, start), Math.min(part.end, end), this);
    memory.writeU64(address + 24, RANGE_REQUESTS);
    return 0;
  }

  /** Puts pages where there are none, and says at `resultAt` how far that went. */
  #fill(
    range: AddressRange,
    mode: bigint,
    memory: UserMemory,
    resultAt: number,
    fillPage: (offset: number, page: Uint8Array) => void,
  ): number {
    if (mode & ~WITHOUT_WAKE) return fail(Errno.EINVAL);
    if (!this.#process.space) return fail(Errno.ESRCH);
    const length = range.end - range.start;
    let [done, errno] = [0, 0];
    try {
      for (; done < length; done += PAGE_SIZE) {
        const page = new Uint8Array(PAGE_SIZE);
        fillPage(done, page);
        this.#put(range.start + done, page);
      }
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      errno = error.errno;
    }
    memory.writeU64(resultAt, done > 0 ? done : -errno);
    if (done > 0 && !(mode & WITHOUT_WAKE)) this.#wake({ start: range.start, end: virtAddr(range.start + done) });
    return done === length ? 0 : fail(done > 0 ? Errno.EAGAIN : errno);
  }

  #put(at: number, page: Uint8Array): void {
    const va = virtAddr(at);
    if (this.#process.faultFiles.markAt(at) !== this) fail(Errno.ENOENT);
    const { inspector, label } = this.#view();
    inspector.forEachPage(label, { start: va, end: virtAddr(at + PAGE_SIZE) }, () => fail(Errno.EEXIST));
    this.#process.memory.with((access) => {
      // A page that may only be read gets its bytes once, as a debugger would give them.
      const mayStore = (access.find(va)?.permissions ?? 0) & Pte.W;
      if (!(mayStore ? access.write(va, page) : access.poke(va, page)).ok) fail(Errno.ENOMEM);
    });
  }

  #view() {
    const { provider } = this.#kernel;
    return { inspector: provider.inspector, label: provider.label(this.#process.space!) };
  }

  /** struct uffdio_range, or what lies in two places like one. */
  #range(given: DataView, startAt = 0, lengthAt = 8): AddressRange {
    const [start, length] = [startAt, lengthAt].map((at) => Number(given.getBigUint64(at, true)));
    if (length === 0 || start % PAGE_SIZE !== 0 || length % PAGE_SIZE !== 0) return fail(Errno.EINVAL);
    if (start + length > this.#process.memory.with((access) => access.range.end)) return fail(Errno.EINVAL);
    return { start: virtAddr(start), end: virtAddr(start + length) };
  }

  /** Lets those go on who wait for a page of a range: they touch it again. */
  #wake({ start, end }: AddressRange): void {
    const isIn = ({ page }: WaitingFault): boolean => page >= start && page < end;
    for (const { release } of [...this.#unread, ...this.#read].filter(isIn)) release();
    this.#unread = this.#unread.filter((fault) => !isIn(fault));
    this.#read = this.#read.filter((fault) => !isIn(fault));
  }
}

/** Bytes from `va` on, `length` at most, before the first missing page that only a userfaultfd may give. */
function lengthBeforeFaults(kernel: Kernel, process: ThreadGroup, va: number, length: number): number {
  const { faultFiles, space } = process;
  if (!space || !faultFiles.touches(va, va + length)) return length;
  const { inspector, label } = { inspector: kernel.provider.inspector, label: kernel.provider.label(space) };
  for (let page: number = pageFloor(va); page < va + length; page += PAGE_SIZE) {
    if (!faultFiles.markAt(page)) continue;
    let isPresent = false;
    inspector.forEachPage(label, { start: virtAddr(page), end: virtAddr(page + PAGE_SIZE) }, () => (isPresent = true));
    if (!isPresent) return Math.max(0, page - va);
  }
  return length;
}
