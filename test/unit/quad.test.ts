import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuad, quadText } from '../../src/symbols/quad.ts';

test('long doubles are written with the fewest digits that stand for them', () => {
  // What gcc makes of the literals.
  assert.equal(quadText(0x3fff199999999999999999999999999an), '1.1');
  assert.equal(quadText(0x40000000000000000000000000000000n), '2');
  assert.equal(quadText(0xbffd5555555555555555555555555555n), '-0.3333333333333333333333333333333333');
  assert.equal(quadText(0n), '0');
  assert.equal(quadText(1n << 127n), '-0');
  assert.equal(quadText(1n), '6e-4966');
  assert.equal(quadText(0x7fffn << 112n), 'inf');
  assert.equal(quadText(0xffff8n << 108n), 'nan');
});

test('every long double is read back from its text', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (bits) => {
      const text = quadText(bits);
      if (!/inf|nan/.test(text)) assert.equal(parseQuad(text), bits, text);
    }),
    { numRuns: 300 },
  );
});

test('a double is the same number as a long double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-290, max: 1e290 }), (value) => {
      assert.equal(Number(quadText(parseQuad(value.toString())!)), value);
    }),
    { numRuns: 200 },
  );
});
