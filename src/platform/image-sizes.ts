/** How large the memory of a process is, and was at most. */
export interface SpaceSizes {
  /** Bytes that are mapped. */
  readonly mapped: number;
  readonly peakMapped: number;
  /** Pages that are present. */
  readonly present: number;
  readonly peakPresent: number;
}

/** The sizes of an image, kept up to date by whoever changes it. */
export class ImageSizes implements SpaceSizes {
  #mapped = 0;
  #present = 0;
  peakMapped = 0;
  peakPresent = 0;

  get mapped(): number {
    return this.#mapped;
  }

  set mapped(bytes: number) {
    this.#mapped = bytes;
    if (bytes > this.peakMapped) this.peakMapped = bytes;
  }

  get present(): number {
    return this.#present;
  }

  set present(pages: number) {
    this.#present = pages;
    if (pages > this.peakPresent) this.peakPresent = pages;
  }
}
