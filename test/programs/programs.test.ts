import { test } from 'node:test';
import { compareProgram, titleOf } from './compare-program.ts';
import { PROGRAMS } from './programs.ts';

/* Unmodified Debian programs behave as under qemu-riscv64: all of them (npm run test:programs). */

for (const program of PROGRAMS) test(`${titleOf(program)} behaves as under qemu`, () => compareProgram(program));
