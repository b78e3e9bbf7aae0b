/** What an access that failed was about, as far as it is known. */
export interface FaultStory {
  /** What was done, to what: `store to array[i]`, `call of cb`; without the expression the address: `load of 0x10`. */
  readonly what: string;
  /** Why it could not be done: `i is 1024, past the end of array, which has 1024 elements`. */
  readonly why?: string;
  /** Where in the person's own source: `main (fork.c:41)`. */
  readonly place?: string;
}

/** The story in one line. */
export function storyText({ what, why }: FaultStory): string {
  return why === undefined ? what : `${what}: ${why}`;
}
