import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CapturedConsole, ReplayedInput } from '../../src/cli/captured-console.ts';

/** An input of these parts, and how often it was asked. */
function inputOf(...parts: string[]): { input: ReplayedInput; asked: () => number } {
  let asked = 0;
  const input = new ReplayedInput((max) => {
    const part = Buffer.from(parts[asked++] ?? '');
    assert.ok(part.length <= max, 'no more than was asked for');
    return part;
  });
  return { input, asked: () => asked };
}

const readAll = (console: CapturedConsole, max: number): string => {
  let text = '';
  for (let bytes = console.read(max); bytes.length > 0; bytes = console.read(max))
    text += Buffer.from(bytes).toString();
  return text;
};

test('every guest reads the whole input, which itself is read once', () => {
  const { input, asked } = inputOf('ab', 'cde', '');
  assert.equal(readAll(new CapturedConsole(input), 4), 'abcde');
  assert.equal(readAll(new CapturedConsole(input), 1), 'abcde');
  assert.equal(asked(), 3);
});

test('an input that no guest reads is not read', () => {
  const { input, asked } = inputOf('ab');
  new CapturedConsole(input);
  assert.equal(asked(), 0);
});

test('a guest that reads less leaves the rest to the next one', () => {
  const { input } = inputOf('abc', 'def', '');
  assert.equal(Buffer.from(new CapturedConsole(input).read(3)).toString(), 'abc');
  assert.equal(readAll(new CapturedConsole(input), 10), 'abcdef');
});

test('the digest is of all of standard output and nothing else; the head is its beginning', () => {
  const console = new CapturedConsole(inputOf().input);
  const line = Buffer.from('0123456789\n');
  for (let count = 0; count < 2000; count++) console.write(1, line);
  console.write(2, Buffer.from('not this'));
  line.fill(0); // what was kept is not the guest's buffer
  const all = '0123456789\n'.repeat(2000);
  const { stdoutSha256, stdoutBytes, stdoutHead } = console.printed();
  assert.equal(stdoutSha256, createHash('sha256').update(all).digest('hex'));
  assert.equal(stdoutBytes, all.length);
  assert.ok(stdoutHead.length > 1000 && all.startsWith(stdoutHead));
});
