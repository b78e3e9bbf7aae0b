import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { compareWithGdb } from './values-oracle.ts';

const CPP = ['-std=c++20'];
for (const [source, flags, least] of [
  ['values-c.c', [], 150],
  ['values-objects.cpp', CPP, 150],
  ['values-library.cpp', CPP, 150],
  ['values-library-more.cpp', CPP, 90],
  ['dynamic-classes.cpp', CPP, 100],
] as const)
  for (const level of ['-O0', '-O2'])
    test(`values of ${source} ${level} are those of gdb`, async () => {
      const guest = compileGuest(source, [...flags, '-g', level, '-static']);
      const { leaves, differences } = await compareWithGdb(guest);
      assert.deepEqual(differences, []);
      assert.ok(leaves >= least, `${leaves} scalars compared`);
    });
