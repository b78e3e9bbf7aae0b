/** Enough to see what is wrong; a damaged file could produce one for every unit. */
const MOST = 50;

/** What could not be read, in words, each once. */
export class Warnings {
  readonly list: string[] = [];

  add(message: string): void {
    if (this.list.length < MOST && !this.list.includes(message)) this.list.push(message);
  }
}
