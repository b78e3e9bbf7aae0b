/** What an access that failed was about, as far as it is known. */
export interface FaultStory {
  /** What was done, to what: `store to array[i]`, `call of cb`; without the expression the address: `load of 0x10`. */
  readonly what: string;
  /** Why it could not be done: `i is 1024, past the end of array, which has 1024 elements`. */
  readonly why?: string;
  /** What lies there, where `what` does not say it. */
  readonly at?: string;
  /** Where in the person's own source: `main (fork.c:41)`. */
  readonly place?: string;
}

/** The story in one line. */
export function storyText({ what, why }: FaultStory): string {
  return why === undefined ? what : `${what}: ${why}`;
}

/** How it ended a program, to follow the name of the signal: `: store to *p in main (fork.c:41): p is null`. */
export function endingText(story: FaultStory | undefined): string {
  if (!story) return '';
  const { what, why, place } = story;
  const words = [what, place === undefined ? '' : `in ${place}`].filter((text) => text !== '').join(' ');
  return [words, why ?? ''].map((text) => (text === '' ? '' : `: ${text}`)).join('');
}
