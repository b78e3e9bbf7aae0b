/** The language of a text for people. */
export interface Words {
  /** BCP 47: how numbers are written, and what a document says it is in. */
  readonly language: string;
  /** The text in that language, with `{0}`, `{1}`, … filled in. */
  readonly say: (text: string, ...filledIn: (string | number)[]) => string;
}

/** `1 page`, `2 pages`. */
export function plural(count: number, what: string, ending = 's'): string {
  return `${count} ${what}${count === 1 ? '' : ending}`;
}

export const ENGLISH: Words = {
  language: 'en-US',
  say: (text, ...filledIn) =>
    text.replace(/\{(\d+)\}/g, (hole, index: string) => String(filledIn[Number(index)] ?? hole)),
};
