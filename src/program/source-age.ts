import type { Image } from './images.ts';
import { baseName, type SourceMap } from './source-map.ts';

/** When files were last changed, in milliseconds since 1970; `undefined` where nothing is there. */
interface FileTimes {
  ofSource(path: string): number | undefined;
  ofImage(image: Image): number | undefined;
}

/** Tells which sources were changed after the program was built from them. */
export class SourceAge {
  readonly #sources: SourceMap;
  readonly #times: FileTimes;
  readonly #asked = new Set<string>();

  constructor(sources: SourceMap, times: FileTimes) {
    this.#sources = sources;
    this.#times = times;
  }

  /**
   * A sentence where a source of an image is newer than the image; each source is looked at once. A file that `sourceMap`
   * leads to was not built from here, so its time says nothing.
   */
  advice(image: Image, file: string): string | undefined {
    if (this.#asked.has(file)) return undefined;
    this.#asked.add(file);
    if (this.#sources.toHost(file) !== file) return undefined;
    const changed = this.#times.ofSource(file);
    const built = this.#times.ofImage(image);
    if (changed === undefined || built === undefined || changed <= built) return undefined;
    return `${baseName(file)} is newer than ${baseName(image.path)}: lines may not be where they were when the program was built. Build it again.`;
  }
}
