import { Errno, fail } from '../abi/errno.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';

const IPC_PRIVATE = 0;
const IPC_CREATE = 0o1000;
const IPC_EXCLUSIVE = 0o2000;

/** SHMMNI; of semaphore sets and message queues Linux allows more. */
const MAX_OBJECTS = 4096;

/** IPC_NOWAIT of the operations. */
export const IPC_NOWAIT = 0o4000;

/** Commands that semctl(2), msgctl(2) and shmctl(2) have in common. */
export const enum IpcCommand {
  Remove = 0,
  Set = 1,
  Stat = 2,
}

/** Something of System V IPC (sysvipc(7)): found by key, used by id. */
export interface IpcObject {
  readonly id: number;
  key: number;
  /** Permission bits. */
  mode: number;
}

/** The segments, semaphore sets or message queues of a machine. */
export class IpcObjects<T extends IpcObject> {
  readonly #objects = new Map<number, T>();
  #nextId = 0;

  get(id: number): T | undefined {
    return this.#objects.get(id);
  }

  all(): IterableIterator<T> {
    return this.#objects.values();
  }

  /**
   * What shmget(2), semget(2) and msgget(2) do with a key and their flags.
   * @param check refuses an object that is not as asked for. @returns its id.
   */
  open(key: number, flags: number, check: (existing: T) => void, create: (id: number, mode: number) => T): number {
    const existing = key === IPC_PRIVATE ? undefined : [...this.all()].find((object) => object.key === key);
    if (!existing) {
      if (key !== IPC_PRIVATE && !(flags & IPC_CREATE)) return fail(Errno.ENOENT);
      if (this.#objects.size >= MAX_OBJECTS) return fail(Errno.ENOSPC);
      const created = create(this.#nextId, flags & 0o777);
      this.#objects.set(this.#nextId++, created);
      return created.id;
    }
    if (flags & IPC_CREATE && flags & IPC_EXCLUSIVE) return fail(Errno.EEXIST);
    const wanted = (flags >>> 6) & 7;
    if (wanted & ~(existing.mode >>> 6)) return fail(Errno.EACCES);
    check(existing);
    return existing.id;
  }

  delete(id: number): void {
    this.#objects.delete(id);
  }
}

/** Bytes of struct ipc64_perm, which the *_ds structures start with. */
export const IPC_PERMISSIONS_SIZE = 48;

/** Fills in struct ipc64_perm. */
export function putPermissions(view: DataView, { id, key }: IpcObject, mode: number): void {
  [key, USER_ID, GROUP_ID, USER_ID, GROUP_ID].forEach((word, i) => view.setInt32(i * 4, word, true));
  view.setUint32(20, mode, true);
  view.setUint16(24, id >>> 15, true);
}

/** The permission bits that IPC_SET gives, of a struct ipc64_perm. */
export function modeOf(permissions: DataView): number {
  return permissions.getUint32(20, true) & 0o777;
}
