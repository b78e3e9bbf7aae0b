import { PAGE_SIZE } from '../../memory/address.ts';
import type { FrameTable } from '../../memory/frames.ts';
import { MemoryObject, type ObjectSource } from '../../platform/memory-object.ts';

/** Something whose pages are cached in guest frames. */
interface Cached {
  dropCache(): void;
  /** Gives back the frames that no mapping uses and whose bytes are kept elsewhere. */
  reclaim?(): void;
  /** Makes a hole in the object, if it is this one's. @returns whether it was. */
  punch?(object: MemoryObject, offset: number, length: number): boolean;
}

/** Makes the memory objects of a machine and knows which files have one. */
export class PageCache {
  readonly #cached = new Set<Cached>();
  #nextIdentity = 1;

  /** @param cutOff drops what mappings have of an object from a byte offset on. */
  constructor(
    readonly frames: FrameTable,
    readonly cutOff: (object: MemoryObject, offset: number) => void,
  ) {
    frames.onShortage = () => {
      for (const cached of this.#cached) cached.reclaim?.();
    };
  }

  /** Makes a hole in an object: zeroes. */
  punch(object: MemoryObject, offset: number, length: number): void {
    for (const cached of this.#cached) if (cached.punch?.(object, offset, length)) return;
    // Shared memory that is no file's: its pages are all there is of it.
    for (const [index, frame] of object.cachedPages()) {
      const at = index * PAGE_SIZE;
      if (at >= offset && at < offset + length) this.frames.writeBytes(frame, 0, new Uint8Array(PAGE_SIZE), undefined);
    }
  }

  /** An object with the caller as its first holder. */
  createObject(name: string, source: ObjectSource): MemoryObject {
    return new MemoryObject(this.frames, this.#nextIdentity++, name, source);
  }

  add(file: Cached): void {
    this.#cached.add(file);
  }

  delete(file: Cached): void {
    this.#cached.delete(file);
  }

  /** Lets go of every file's object: its frames are free once no mapping uses them. */
  dropAll(): void {
    for (const file of [...this.#cached]) file.dropCache();
  }
}
