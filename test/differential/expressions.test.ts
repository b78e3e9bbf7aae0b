import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFloating, promoted } from '../../src/expressions/c-types.ts';
import { compileExpression } from '../../src/expressions/expression.ts';
import { encode, load, type Scalar } from '../../src/expressions/values.ts';
import { problemText } from '../../src/expressions/problem.ts';
import { sizeOf } from '../../src/symbols/type.ts';
import { fileNames, type FileMoment } from './file-names.ts';
import { randomExpression } from './random-expression.ts';

const FOLDER = path.resolve('out/guests');
/** What random expressions found to be wrong once. */
const FOUND = ['f - (-GREEN + 0.5)', '-GREEN < 0', '-BLUE / 7', '-color < 0', 'RED - sizeof i'];

test('random expressions have the value and the width that gcc and qemu give them', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fff_ffff);
  const expressions = [...new Set([...FOUND, ...fc.sample(randomExpression, { numRuns: 600, seed })])];
  const { expected, program } = evaluatedByGuest(expressions, 'random');
  const { names, moment } = fileNames(program);
  expressions.forEach((text, index) => {
    assert.equal(ours(text, names, moment), expected[index], `${text} (seed ${seed})`);
  });
});

/** Builds a program that prints what each expression comes to, and runs it on qemu. */
function evaluatedByGuest(expressions: readonly string[], name: string): { expected: string[]; program: Uint8Array } {
  mkdirSync(FOLDER, { recursive: true });
  const source = path.join(FOLDER, `expressions-${name}-${process.pid}.c`);
  const output = source.replace(/\.c$/, '');
  const lines = expressions.map((text) => `  SHOW(${text});`);
  writeFileSync(
    source,
    `#include "${path.resolve('test/guests/expressions.h')}"\n${PROLOGUE}\n${lines.join('\n')}\n}\n`,
  );
  const flags = ['-g', '-O0', '-static', '-w', '-fwrapv', '-ffp-contract=off', '-fno-strict-overflow'];
  execFileSync('riscv64-linux-gnu-gcc', [...flags, source, '-o', output], { stdio: 'pipe' });
  const printed = execFileSync('qemu-riscv64', [output], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { expected: printed.trimEnd().split('\n'), program: new Uint8Array(readFileSync(output)) };
}

/** Width and bits of every value; those of arithmetic types after the promotions, as sizeof cannot see them before. */
const PROLOGUE = `
#include <stdio.h>
#include <string.h>
static void bits(__int128 value, int size) {
  printf("%d %016lx%016lx\\n", size, (unsigned long)(value >> 64), (unsigned long)value);
}
static void single(float value) { unsigned raw; memcpy(&raw, &value, 4); printf("float %08x\\n", value != value ? 0x7fc00000 : raw); }
static void real(double value) { unsigned long raw; memcpy(&raw, &value, 8); printf("double %016lx\\n", value != value ? 0x7ff8000000000000 : raw); }
#define INTEGER(e) _Generic(+(e), float: 0, double: 0, default: +(e))
#define SINGLE(e) _Generic(+(e), float: +(e), default: 0.f)
#define REAL(e) _Generic(+(e), double: +(e), default: 0.)
#define SHOW(e) _Generic(+(e), float: single(SINGLE(e)), double: real(REAL(e)), default: bits(INTEGER(e), sizeof(+(e))))
int main(void) {`;

function ours(text: string, names: ReturnType<typeof fileNames>['names'], moment: FileMoment): string {
  const expression = compileExpression(text, names);
  if (!expression.ok) return problemText(expression.error);
  const value = expression.value.evaluate(moment);
  if (!value.ok) return problemText(value.error);
  const { scalar, place } = value.value;
  const found: Scalar = scalar ?? load(place, { start: 0, end: 0 });
  const type = promoted(place.type, place.bits?.count);
  if (isFloating(type)) {
    const hex = Buffer.from(encode(found, type)).reverse().toString('hex');
    return sizeOf(type) === 4 ? `float ${hex}` : `double ${hex}`;
  }
  return `${sizeOf(type)} ${BigInt.asUintN(128, found as bigint)
    .toString(16)
    .padStart(32, '0')}`;
}
