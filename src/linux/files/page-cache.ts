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

  constructor(readonly frames: FrameTable) {
    frames.onShortage = () => {
      for (const cached of this.#cached) cached.reclaim?.();
    };
  }

  /** Makes a hole in an object: zeroes, and no pages. @returns false where that cannot be done. */
  punch(object: MemoryObject, offset: number, length: number): boolean {
    for (const cached of this.#cached) if (cached.punch?.(object, offset, length)) return true;
    return false;
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
