import type { Client } from './client.ts';

/** Steps that are over sooner are not worth a word. */
const LONG_MS = 700;
/** Between two reports. */
const REPORT_MS = 500;

/** Tells the client of a step that takes long: how far the machine has run, until it is over. */
export class Progress {
  readonly #client: Client;
  readonly #now: () => number;
  /** What is shown; ids are never used twice. */
  #shown: { readonly id: string; readonly from: number; reportedAt: number } | undefined;
  #lastId = 0;

  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  is(id: string): boolean {
    return this.#shown?.id === id;
  }

  /**
   * To be called from time to time, and when nothing runs any more.
   * @param since when the step began; `undefined` while no step runs
   * @param retired instructions that the machine has executed
   */
  report(since: number | undefined, retired: number): void {
    if (!this.#client.abilities.progressReporting) return;
    const now = this.#now();
    if (since === undefined) this.#end();
    else if (!this.#shown) {
      if (now - since < LONG_MS) return;
      const id = `step-${++this.#lastId}`;
      this.#shown = { id, from: retired, reportedAt: now };
      this.#client.event('progressStart', { progressId: id, title: 'Stepping', cancellable: true });
    } else if (now - this.#shown.reportedAt >= REPORT_MS) {
      const { id, from } = this.#shown;
      this.#shown.reportedAt = now;
      const millions = Math.round((retired - from) / 1e6);
      this.#client.event('progressUpdate', { progressId: id, message: `${millions} million instructions` });
    }
  }

  #end(): void {
    if (!this.#shown) return;
    this.#client.event('progressEnd', { progressId: this.#shown.id });
    this.#shown = undefined;
  }
}
