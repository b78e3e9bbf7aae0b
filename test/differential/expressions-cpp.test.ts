import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../../src/expressions/expression.ts';
import { problemText } from '../../src/expressions/problem.ts';
import { load } from '../../src/expressions/values.ts';
import { compileGuest, runTool } from './compiled-guests.ts';
import { fileNames } from './file-names.ts';

/** Each has a value that does not depend on a frame: gdb reads the file as we do. */
const STATIC = [
  ...['counter', '::counter + 1', 'shapes::area', 'shapes::Named::made', 'sizeof(shapes::Shape)'],
  ...['nested.content.content', 'sizeof(nested)', 'truth', '!truth', 'sizeof(shapes::Box<short>)', 'counter / 7.0'],
  ...[
    '(int)shapes::Kind::Circle',
    '(int)shapes::LARGE',
    'shapes::LARGE == 7',
    "'a' + 1",
    'sizeof(bool)',
    'sizeof shape.kind',
  ],
  ...['-1 < 1u', '(unsigned char)-1', '1.0f / 3', '7 % -3', '-7 / 2', '1 ? 2 : 3.5', '(long)&shape.box - (long)&shape'],
  ...['(long)(shapes::Placed *)&shape - (long)&shape', '(char *)&shape.y - (char *)&shape', '&shape == 0', '~0ul >> 4'],
];

/** What gdb cannot find, or does not do. */
const OWN: Readonly<Record<string, bigint>> = {
  'shapes::hidden + 0': 21n,
  '&shape.Named::id == (int *)&shape': 1n,
  '((shapes::Shape *)placed == &shape) + 1': 2n,
};

const program = compileGuest('expressions.cpp', ['-g', '-O0', '-static']);

test('names, types and casts of C++ have the values that gdb gives them', () => {
  const printed = runTool(
    'gdb-multiarch',
    '-nx',
    '-batch',
    ...STATIC.flatMap((text) => ['-ex', `output ${text}`, '-ex', 'echo \\n']),
    program.path,
  );
  assert.equal(printed.trimEnd().split('\n').length >= STATIC.length, true, printed);
  const expected = printed.trimEnd().split('\n').slice(-STATIC.length);
  const { names, moment } = fileNames(program.bytes);
  STATIC.forEach((text, index) => {
    const expression = compileExpression(text, names);
    assert.ok(expression.ok, `${text}: ${expression.ok ? '' : problemText(expression.error)}`);
    const value = expression.value.evaluate(moment);
    assert.ok(value.ok, `${text}: ${value.ok ? '' : problemText(value.error)}`);
    const number = value.value.scalar ?? load(value.value.place, { start: 0, end: 0 });
    assert.equal(
      Number(number).toPrecision(6),
      numberOf(expected[index]).toPrecision(6),
      `${text} is ${expected[index]} to gdb`,
    );
  });
});

test('a name in an anonymous namespace, and base classes', () => {
  const { names, moment } = fileNames(program.bytes);
  for (const [text, expected] of Object.entries(OWN)) {
    const expression = compileExpression(text, names);
    assert.ok(expression.ok, `${text}: ${expression.ok ? '' : problemText(expression.error)}`);
    const value = expression.value.evaluate(moment);
    assert.ok(value.ok, `${text}: ${value.ok ? '' : problemText(value.error)}`);
    assert.equal(value.value.scalar ?? load(value.value.place, { start: 0, end: 0 }), expected, text);
  }
});

/** A number as gdb writes it: `true`, `98 'b'`, `0.333333343`. */
function numberOf(text: string): number {
  if (text === 'true' || text === 'false') return Number(text === 'true');
  return Number(/^-?[\d.e+-]+/.exec(text)?.[0]);
}
