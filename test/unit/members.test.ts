import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBase, findMember, memberNames } from '../../src/expressions/members.ts';
import { INT } from '../../src/expressions/c-types.ts';
import type { StructType } from '../../src/symbols/type.ts';

/** A class that has each base twice. @param levels of inheritance */
function diamonds(levels: number): StructType {
  const own = { name: `m${levels}`, type: INT, offset: 0, isBase: false };
  const base = levels > 0 ? diamonds(levels - 1) : undefined;
  const bases = base ? [0, 8].map((offset) => ({ name: base.name, type: base, offset, isBase: true })) : [];
  return {
    kind: 'struct',
    keyword: 'class',
    language: 'c++',
    name: `C${levels}`,
    size: 16,
    isIncomplete: false,
    members: [...bases, own],
    templateArguments: [],
  };
}

test('a class that is a base again and again is searched once', () => {
  const type = diamonds(40);
  assert.equal(findMember(type, 'nothing'), undefined);
  assert.equal(findBase(type, 'Nothing'), undefined);
  assert.equal(findMember(type, 'm0')!.length, 41);
  assert.equal(findBase(type, 'C0')!.path.length, 40);
  assert.equal(memberNames(type).length, 41);
});
