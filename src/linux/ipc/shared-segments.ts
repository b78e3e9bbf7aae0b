import { pageCeil } from '../../memory/address.ts';
import type { MemoryObject } from '../../platform/memory-object.ts';
import type { Kernel } from '../kernel.ts';
import { type IpcObject, IpcObjects } from './ipc-objects.ts';

/** A System V shared memory segment (shmget(2)). Times are seconds since the epoch, 0 for never. */
export class SharedSegment implements IpcObject {
  mode: number;
  /** Marked to be destroyed when nobody has it attached any more. */
  removed = false;
  attachedAt = 0;
  detachedAt = 0;
  lastPid = 0;
  readonly #kernel: Kernel;
  #isHeld = true;

  constructor(
    kernel: Kernel,
    readonly id: number,
    public key: number,
    readonly size: number,
    permissions: number,
    readonly creator: number,
    readonly object: MemoryObject,
    public changedAt: number,
  ) {
    this.#kernel = kernel;
    this.mode = permissions;
  }

  /** Mappings of it in all processes. */
  get attached(): number {
    const { provider, processes } = this.#kernel;
    const spaces = new Set([...processes.values()].flatMap(({ space }) => (space ? [provider.label(space)] : [])));
    let count = 0;
    for (const space of spaces)
      for (const { object, offset } of provider.inspector.mappings(space))
        if (object === this.object && offset === 0) count++;
    return count;
  }

  /** Gives up the machine's own reference to the pages: they live as long as they are attached. */
  dropCache(): void {
    if (this.#isHeld) this.object.release();
    this.#isHeld = false;
    this.#kernel.cache.delete(this);
  }
}

/** The segments of a machine. */
export class SharedSegments extends IpcObjects<SharedSegment> {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    super();
    this.#kernel = kernel;
  }

  override get(id: number): SharedSegment | undefined {
    const segment = super.get(id);
    if (!segment?.removed || segment.attached > 0) return segment;
    this.delete(id);
    return undefined;
  }

  withObject(object: MemoryObject): SharedSegment | undefined {
    return [...this.all()].find((segment) => segment.object === object);
  }

  create(id: number, key: number, size: number, mode: number, creator: number): SharedSegment {
    const length = pageCeil(size);
    const name = `/SYSV${(key >>> 0).toString(16).padStart(8, '0')} (deleted)`;
    const { cache, clock } = this.#kernel;
    const object = cache.createObject(name, { size: () => length, read: () => {} });
    const segment = new SharedSegment(this.#kernel, id, key, size, mode, creator, object, clock.seconds());
    cache.add(segment);
    return segment;
  }

  remove(segment: SharedSegment): void {
    segment.removed = true;
    segment.key = 0;
    segment.dropCache();
    this.get(segment.id);
  }
}
