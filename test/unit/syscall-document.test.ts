import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { syscallDocument } from '../../scripts/syscall-document.ts';

test('docs/linux.md says what the table of system calls says (npm run docs:linux)', () => {
  assert.equal(readFileSync('docs/linux.md', 'utf8'), syscallDocument());
});
