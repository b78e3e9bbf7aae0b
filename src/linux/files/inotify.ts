import { Errno, fail } from '../abi/errno.ts';
import { FIONREAD, PollEvent } from '../abi/flags.ts';
import { encodeText, type UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import type { FileAttributes, Inode, InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';
import { FileEvent, type FileWatches } from './watches.ts';

/** struct inotify_event without its name, which fills a multiple of this too. */
const EVENT_SIZE = 16;
/** Defaults of /proc/sys/fs/inotify: events that wait, and watches. */
const MAX_EVENTS = 16_384;
const MAX_WATCHES = 65_536;

/** IN_ONESHOT. */
const ONE_SHOT = 0x8000_0000;

/** A file that an inotify instance watches. */
export class Watch {
  constructor(
    readonly inotify: Inotify,
    readonly id: number,
    readonly inode: Inode,
    /** `FileEvent`s and flags. */
    public mask: number,
  ) {}

  /** @param name of the file in a directory that is watched, or empty. */
  tell(event: number, name: string, cookie: number): void {
    if (!(event & this.mask & FileEvent.Any)) return;
    // What happens to the watched directory itself is told with the bit, but for its end.
    this.inotify.put({
      id: this.id,
      mask: event & ~(name === '' && isOwnEnd(event) ? FileEvent.IsDirectory : 0),
      name,
      cookie,
    });
    if (this.mask & ONE_SHOT) this.inotify.forget(this);
  }
}

function isOwnEnd(event: number): boolean {
  return (event & (FileEvent.DeleteSelf | FileEvent.MoveSelf)) !== 0;
}

interface WatchEvent {
  readonly id: number;
  readonly mask: number;
  readonly name: string;
  readonly cookie: number;
}

/** An inotify instance (inotify(7)): reads give what happened to the files that it watches. */
export class Inotify extends OpenFile {
  readonly #identity: InodeIdentity;
  readonly #all: FileWatches;
  readonly #changed = new WaitQueue();
  readonly #watches = new Map<number, Watch>();
  readonly #events: WatchEvent[] = [];
  #nextId = 1;

  constructor(identity: InodeIdentity, all: FileWatches, flags: number) {
    super('anon_inode:inotify', flags);
    this.#identity = identity;
    this.#all = all;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#changed];
  }

  override get waitReason(): string {
    return 'waits for something to happen to a watched file';
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  /** Watches a file that it does not watch yet. */
  watch(inode: Inode, mask: number): Watch {
    if (this.#watches.size >= MAX_WATCHES) return fail(Errno.ENOSPC);
    const watch = new Watch(this, this.#nextId++, inode, mask);
    this.#watches.set(watch.id, watch);
    this.#all.add(watch);
    return watch;
  }

  find(id: number): Watch | undefined {
    return this.#watches.get(id);
  }

  /** Ends a watch, and says so. */
  forget(watch: Watch): void {
    if (!this.#watches.delete(watch.id)) return;
    this.#all.remove(watch);
    this.put({ id: watch.id, mask: FileEvent.Ignored, name: '', cookie: 0 });
  }

  /** An event that is as the last one says nothing new. */
  put(event: WatchEvent): void {
    const last = this.#events.at(-1);
    if (last?.id === event.id && last.mask === event.mask && last.name === event.name && last.cookie === event.cookie)
      return;
    if (this.#events.length > MAX_EVENTS) return;
    const isFull = this.#events.length === MAX_EVENTS;
    this.#events.push(isFull ? { id: -1, mask: FileEvent.Overflow, name: '', cookie: 0 } : event);
    this.#changed.wakeAll();
  }

  override read(into: Uint8Array): number {
    if (this.#events.length === 0) return WOULD_WAIT;
    let done = 0;
    for (let [event] = this.#events; event; [event] = this.#events) {
      const record = encode(event);
      if (done + record.length > into.length) break;
      into.set(record, done);
      done += record.length;
      this.#events.shift();
    }
    return done === 0 ? fail(Errno.EINVAL) : done;
  }

  override poll(): number {
    return this.#events.length > 0 ? PollEvent.In | PollEvent.ReadNormal : 0;
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    if (request !== FIONREAD) return fail(Errno.ENOTTY);
    memory.writeU32(
      address,
      this.#events.reduce((sum, event) => sum + encode(event).length, 0),
    );
    return 0;
  }

  protected override closed(): void {
    for (const watch of this.#watches.values()) this.#all.remove(watch);
    this.#watches.clear();
  }
}

/** struct inotify_event. */
function encode({ id, mask, name, cookie }: WatchEvent): Uint8Array {
  const text = encodeText(name);
  const length = name === '' ? 0 : Math.ceil((text.length + 1) / EVENT_SIZE) * EVENT_SIZE;
  const bytes = new Uint8Array(EVENT_SIZE + length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, id, true);
  view.setUint32(4, mask, true);
  view.setUint32(8, cookie, true);
  view.setUint32(12, length, true);
  bytes.set(text, EVENT_SIZE);
  return bytes;
}
