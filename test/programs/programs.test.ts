import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { compareProgram, titleOf } from './compare-program.ts';
import { LARGER_PROGRAMS } from './larger-programs.ts';
import { PROGRAMS } from './programs.ts';

/* Unmodified Debian programs behave as under qemu-riscv64: all of them (npm run test:programs). */

for (const program of [...PROGRAMS, ...LARGER_PROGRAMS])
  test(`${titleOf(program)} behaves as under qemu`, () => compareProgram(program));

/* Programs of our own against Debian's shared libraries: threads, exceptions and RTTI, 64 MB of mapped memory. */

for (const source of ['threads.c', 'exceptions.cpp', 'sort-mapped.c'])
  test(`${source}, dynamically linked, behaves as under qemu`, () => {
    const program = compileGuest(source, ['-g', '-O1', '-pthread', '-w']).path;
    compareProgram({ program, args: [] });
  });
