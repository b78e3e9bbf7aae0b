import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** A part of the page: commands, and what it says that they print. */
interface Block {
  readonly section: string;
  readonly commands: string;
  readonly printed: string | undefined;
}

/** The commands that a reader pastes first, and all others in order. */
const [setUp, ...BLOCKS] = blocksOf(readFileSync('docs/gallery.md', 'utf8'));

function blocksOf(page: string): Block[] {
  return page.split('\n## ').flatMap((part) => {
    const section = part.slice(0, part.indexOf('\n'));
    const found = part.matchAll(/```sh\n(.*?)\n```(?:\n\n```text\n(.*?)\n```)?/gs);
    return [...found].map(([, commands, printed]) => ({ section, commands, printed }));
  });
}

/** A `…` stands for anything in its line. */
function patternOf(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}\n$`);
}

for (const [index, { section, commands, printed }] of BLOCKS.entries())
  test(`docs/gallery.md, ${section}, commands ${index + 1}: print what the page says`, () => {
    assert(printed !== undefined, 'the page does not say what they print');
    const script = `${setUp.commands}\n{\n${commands}\n} 2>&1`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 120_000 });
    assert.equal(stderr, '');
    assert.match(stdout, patternOf(printed));
  });
