import { Errno, fail } from '../abi/errno.ts';
import type { Thread } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { type Waitable, WaitQueue } from '../wait-queue.ts';
import type { OpenFile } from './open-file.ts';

export type LockType = 'read' | 'write';

/** A range of a file that is locked (fcntl(2), "Advisory record locking"); `end` is exclusive, Infinity past the last byte. */
export interface RecordLock {
  readonly type: LockType;
  readonly start: number;
  readonly end: number;
}

/**
 * Who owns record locks: a descriptor table, which is a process's (traditional locks), or an open file description
 * (F_OFD_ locks).
 */
type LockOwner = object;

/** The locks that an owner has on a file. */
interface Holding {
  readonly owner: LockOwner;
  /** Who made them, as F_GETLK tells; -1 for an open file description. */
  readonly pid: number;
  /** Sorted and disjoint; neighbours differ in type. */
  locks: readonly RecordLock[];
}

/** What is locked of one file. */
interface LockedFile {
  readonly key: string;
  holdings: Holding[];
  /** flock(2): by open file description. */
  readonly whole: Map<OpenFile, { readonly type: LockType; readonly pid: number }>;
  readonly released: WaitQueue;
}

/** A lock that stands in the way of another. */
interface Conflict extends RecordLock {
  readonly owner: LockOwner;
  readonly pid: number;
}

/** The advisory locks of a machine: fcntl(2)'s record locks and flock(2)'s, which do not know of each other. */
export class FileLocks {
  readonly #files = new Map<string, LockedFile>();
  /** Threads that wait for a traditional lock: for whom, and whose lock it is. */
  readonly #blocked = new Map<Thread, { readonly owner: LockOwner; readonly by: LockOwner }>();
  readonly #watched = new WeakSet<OpenFile>();

  /** The first lock that stands in the way. */
  conflict(file: OpenFile, owner: LockOwner, wanted: RecordLock): Conflict | undefined {
    for (const holding of this.#files.get(keyOf(file))?.holdings ?? [])
      if (holding.owner !== owner)
        for (const lock of holding.locks)
          if (overlap(lock, wanted) && (lock.type === 'write' || wanted.type === 'write'))
            return { ...lock, owner: holding.owner, pid: holding.pid };
    return undefined;
  }

  /** Locks a range, in the place of what the owner had locked of it; nothing may stand in the way. */
  lock(file: OpenFile, owner: LockOwner, process: ThreadGroup | undefined, wanted: RecordLock): void {
    const locked = this.#locked(file);
    this.#change(locked, owner, process, (locks) => merged([...without(locks, wanted), wanted]));
    if (owner === file) this.#releaseWithFile(file);
  }

  unlock(file: OpenFile, owner: LockOwner, { start, end }: Omit<RecordLock, 'type'>): void {
    const locked = this.#files.get(keyOf(file));
    if (locked) this.#change(locked, owner, undefined, (locks) => without(locks, { start, end }));
  }

  /** A process has closed a descriptor of the file: its traditional locks go, whichever descriptor made them. */
  closed(file: OpenFile, owner: LockOwner): void {
    if (this.#files.size > 0) this.#drop(keyOf(file), owner);
  }

  /** EDEADLK where a traditional lock would wait for a process that waits for the owner, be it through others. */
  refuseDeadlock(owner: LockOwner, by: LockOwner): void {
    const seen = new Set<LockOwner>();
    for (let next: LockOwner | undefined = by; next && !seen.has(next);) {
      if (next === owner) fail(Errno.EDEADLK);
      seen.add(next);
      const current: LockOwner = next;
      next = [...this.#blocked.values()].find((waiting) => waiting.owner === current)?.by;
    }
  }

  /** Where a thread waits for a lock of the file to be released. @param by set where a deadlock is looked for. */
  queue(file: OpenFile, owner: LockOwner, by: LockOwner | undefined): Waitable {
    const { released } = this.#locked(file);
    return {
      add: (thread) => {
        if (by) this.#blocked.set(thread, { owner, by });
        released.add(thread);
      },
      remove: (thread) => {
        this.#blocked.delete(thread);
        released.remove(thread);
      },
    };
  }

  /** flock(2). @returns the process whose lock stands in the way; then the file's own lock is gone. */
  lockWhole(file: OpenFile, type: LockType, pid: number): { readonly pid: number } | undefined {
    if (this.#files.get(keyOf(file))?.whole.get(file)?.type === type) return undefined;
    this.unlockWhole(file);
    const locked = this.#locked(file);
    for (const [other, held] of locked.whole)
      if (other !== file && (held.type === 'write' || type === 'write')) return held;
    locked.whole.set(file, { type, pid });
    this.#releaseWithFile(file);
    return undefined;
  }

  unlockWhole(file: OpenFile): void {
    const locked = this.#files.get(keyOf(file));
    if (!locked?.whole.delete(file)) return;
    this.#forgetIfFree(locked);
    locked.released.wakeAll();
  }

  /** /proc/locks (proc_locks(5)). */
  table(): string {
    const lines: string[] = [];
    const line = (kind: string, type: LockType, pid: number, key: string, range: string): void => {
      const [device, inode] = key.split(':');
      const where = `00:${Number(device).toString(16).padStart(2, '0')}:${inode}`;
      lines.push(
        `${lines.length + 1}: ${kind}  ADVISORY  ${type === 'write' ? 'WRITE' : 'READ '} ${pid} ${where} ${range}\n`,
      );
    };
    for (const { key, whole, holdings } of this.#files.values()) {
      for (const { type, pid } of whole.values()) line('FLOCK', type, pid, key, '0 EOF');
      for (const { pid, locks } of holdings)
        for (const { type, start, end } of locks)
          line(pid === -1 ? 'OFDLCK' : 'POSIX', type, pid, key, `${start} ${end === Infinity ? 'EOF' : end - 1}`);
    }
    return lines.join('');
  }

  /** What an open file description has locked goes when its last descriptor is closed. */
  #releaseWithFile(file: OpenFile): void {
    if (this.#watched.has(file)) return;
    this.#watched.add(file);
    file.whenClosed(() => {
      this.#drop(keyOf(file), file);
      this.unlockWhole(file);
    });
  }

  #locked(file: OpenFile): LockedFile {
    const key = keyOf(file);
    let locked = this.#files.get(key);
    if (!locked) {
      locked = { key, holdings: [], whole: new Map(), released: new WaitQueue() };
      this.#files.set(key, locked);
    }
    return locked;
  }

  #change(
    locked: LockedFile,
    owner: LockOwner,
    process: ThreadGroup | undefined,
    edit: (locks: readonly RecordLock[]) => readonly RecordLock[],
  ): void {
    let holding = locked.holdings.find((each) => each.owner === owner);
    if (!holding) {
      holding = { owner, pid: process?.pid ?? -1, locks: [] };
      locked.holdings.push(holding);
    }
    holding.locks = edit(holding.locks);
    if (holding.locks.length === 0) locked.holdings.splice(locked.holdings.indexOf(holding), 1);
    this.#forgetIfFree(locked);
    locked.released.wakeAll();
  }

  #drop(key: string, owner: LockOwner): void {
    const locked = this.#files.get(key);
    if (locked?.holdings.some((holding) => holding.owner === owner)) this.#change(locked, owner, undefined, () => []);
  }

  #forgetIfFree(locked: LockedFile): void {
    if (locked.holdings.length === 0 && locked.whole.size === 0) this.#files.delete(locked.key);
  }
}

/** A file is its inode, however it was opened. */
function keyOf(file: OpenFile): string {
  const { device, inode } = file.attributes();
  return `${device}:${inode}`;
}

function overlap(a: Omit<RecordLock, 'type'>, b: Omit<RecordLock, 'type'>): boolean {
  return a.start < b.end && b.start < a.end;
}

function without(locks: readonly RecordLock[], { start, end }: Omit<RecordLock, 'type'>): RecordLock[] {
  return locks
    .flatMap((lock) => [
      { ...lock, end: Math.min(lock.end, start) },
      { ...lock, start: Math.max(lock.start, end) },
    ])
    .filter((lock) => lock.start < lock.end);
}

function merged(locks: RecordLock[]): RecordLock[] {
  const sorted = locks.sort((a, b) => a.start - b.start);
  const result: RecordLock[] = [];
  for (const lock of sorted) {
    const last = result.at(-1);
    if (last?.end === lock.start && last.type === lock.type) result[result.length - 1] = { ...last, end: lock.end };
    else result.push(lock);
  }
  return result;
}
