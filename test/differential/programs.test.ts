import { test } from 'node:test';
import { compareProgram, titleOf } from '../programs/compare-program.ts';
import { PROGRAMS } from '../programs/programs.ts';

/* Unmodified Debian programs behave as under qemu-riscv64: those that take little (see test/programs for the rest). */

for (const program of PROGRAMS.filter(({ quick }) => quick))
  test(`${titleOf(program)} behaves as under qemu`, () => compareProgram(program));
