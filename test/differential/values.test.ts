import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from './compiled-guests.ts';
import { compareWithGdb } from './values-oracle.ts';

const CPP = ['-std=c++20'];
for (const [source, flags, least] of [
  ['values-c.c', [], 300],
  ['values-objects.cpp', CPP, 50],
  ['values-library.cpp', CPP, 100],
] as const)
  for (const level of ['-O0', '-O2'])
    test(`values of ${source} ${level} are those of gdb`, async () => {
      const guest = compileGuest(source, [...flags, '-g', level, '-static']);
      const { leaves, variables, unavailable, differences } = await compareWithGdb(guest);
      console.log(`${source} ${level}: ${variables} variables, ${leaves} scalars the same, ${unavailable} without a value`);
      assert.deepEqual(differences.slice(0, 60), []);
      assert.ok(leaves >= least, `${leaves} scalars compared`);
    });
