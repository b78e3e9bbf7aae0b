import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hexDump } from '../../src/extension/hex-dump.ts';

describe('a dump of guest memory', () => {
  it('has an address, 16 bytes and their characters on each line', () => {
    const bytes = new TextEncoder().encode('parent\0and child!');
    assert.equal(
      hexDump(bytes, 0x12000),
      [
        '00012000  70 61 72 65 6e 74 00 61  6e 64 20 63 68 69 6c 64  |parent.and child|',
        `00012010  21${' '.repeat(48)}|!|`,
      ].join('\n'),
    );
  });

  it('keeps its columns at addresses that are longer than 32 bits', () => {
    const lines = hexDump(new Uint8Array(32), 0x3fffffe000).split('\n');
    assert.ok(lines[0]?.startsWith('3fffffe000  00 '));
    assert.ok(lines[1]?.startsWith('3fffffe010  00 '));
  });

  it('is empty for no bytes', () => {
    assert.equal(hexDump(new Uint8Array(), 0), '');
  });
});
