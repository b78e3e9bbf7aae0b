import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SYLLABLES = ['ba', 'ce', 'di', 'fo', 'gu', 'la', 'me', 'ni', 'or', 'us'];

/** A file of one word a line, the same each time. */
function words(count: number): string {
  let state = 12345;
  let text = '';
  for (let i = 0; i < count; i++) {
    let word = '';
    for (let j = 0; j < 2 + (i % 3); j++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      word += SYLLABLES[(state >>> 16) % SYLLABLES.length];
    }
    text += `${word}\n`;
  }
  return text;
}

const MAKEFILE = `
OBJECTS = a.o b.o c.o
all: $(OBJECTS)
\t@echo linked $^
%.o:
\t@echo made $@
parallel: one two three
\t@echo all of $(words $^)
one two three:
\t@true
`;

const FILES: Readonly<Record<string, string>> = {
  words: words(1000),
  numbers: Array.from({ length: 200 }, (_, i) => `${(i * 7919) % 1009}\n`).join(''),
  text: 'It was\tthe best of times,\nit was the worst  of times,\n\nit was the age of    wisdom\n',
  table: 'c,3,x\na,1,z\nb,2,y\n',
  'sorted-one': 'alpha 1\nbeta 2\nbeta 2\ngamma 3\n',
  'sorted-two': 'beta two\ndelta four\ngamma three\n',
  Makefile: MAKEFILE,
  'tree/leaf': 'a leaf\n',
  'tree/root.txt': 'the root\n',
  'tree/branch/leaf.txt': 'another leaf\n',
  'tree/branch/twig/deep.txt': 'deep\n',
};

/** Puts the files that every program finds in its current directory into `folder`, which is emptied first. */
export function makeFixture(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}
