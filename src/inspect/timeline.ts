/** The state of a machine at a moment of its run. */
export interface TimelinePoint {
  /** Instruction count of the last event of the interval that the point stands for. */
  n: number;
  /** Frames in use at the end of the interval. */
  frames: number;
  /** The most of them in the interval. */
  mostFrames: number;
  /** Bytes of pages copied from the start to the end of the interval. */
  bytesCopied: number;
  /** Forks from the start to the end of the interval. */
  forks: number;
}

const MOST_POINTS = 400;

/**
 * Follows a run whose length nobody knows beforehand with a bounded number of points: each stands for an interval of
 * the instruction count, and when there would be too many of them, the intervals become twice as long.
 */
export class TimelineRecorder {
  readonly #most: number;
  #points: TimelinePoint[] = [];
  /** Instructions that a point stands for. */
  #width = 1;

  constructor(most = MOST_POINTS) {
    this.#most = most;
  }

  /** In order of the instruction count. Intervals in which nothing was noted have no point. */
  get points(): readonly TimelinePoint[] {
    return this.#points;
  }

  /** Notes how things are now; `n` never decreases from one call to the next. */
  note(n: number, frames: number, bytesCopied: number, forks: number): void {
    const point = { n, frames, mostFrames: frames, bytesCopied, forks };
    const last = this.#points.at(-1);
    if (last && this.#isSameInterval(last.n, n)) {
      merge(last, point);
      return;
    }
    this.#points.push(point);
    while (this.#points.length > this.#most) this.#widen();
  }

  #widen(): void {
    this.#width *= 2;
    const merged: TimelinePoint[] = [];
    for (const point of this.#points) {
      const last = merged.at(-1);
      if (last && this.#isSameInterval(last.n, point.n)) merge(last, point);
      else merged.push(point);
    }
    this.#points = merged;
  }

  #isSameInterval(one: number, other: number): boolean {
    return Math.floor(one / this.#width) === Math.floor(other / this.#width);
  }
}

function merge(point: TimelinePoint, later: TimelinePoint): void {
  point.n = later.n;
  point.mostFrames = Math.max(point.mostFrames, later.mostFrames);
  point.frames = later.frames;
  point.bytesCopied = later.bytesCopied;
  point.forks = later.forks;
}
