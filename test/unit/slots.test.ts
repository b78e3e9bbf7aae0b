import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { GLIBC, runHere } from '../differential/guest-run.ts';

for (const platform of ['partitioned', 'partitioned-eager'])
  test(`${platform}: a program is executed in the reserved slot, refused where it does not fit, and forks while there are slots`, () => {
    const { stdout, status, machine } = runHere({
      program: compileGuest('slots.c', ['-O1', '-pie', '-fPIE']).path,
      sysroot: GLIBC,
      beside: new Map([['fixed', compileGuest('slots.c', ['-O1', '-static']).path]]),
      platform,
      check: true,
    });
    assert.equal(
      stdout,
      [
        'child in slot 0: ENOEXEC, value 2',
        'executed in slot 1, value 1',
        'parent in slot 0, status 0, value 1',
        'fork 64: ENOMEM',
        '63 forks deep',
        '',
      ].join('\n'),
    );
    assert.equal(status, 0);
    assert.equal(machine.frames.used, 0);
    assert.deepEqual(machine.inspector.slots(), []);
  });
