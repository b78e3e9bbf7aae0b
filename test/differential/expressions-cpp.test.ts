import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../../src/expressions/expression.ts';
import { problemText } from '../../src/expressions/problem.ts';
import { load } from '../../src/expressions/values.ts';
import { compileGuest, runTool, type CompiledGuest } from './compiled-guests.ts';
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

/** Names as the program may write them, and in full, as gdb finds them without a frame. */
const INLINE: Readonly<Record<string, string>> = {
  'lib::count': 'lib::v2::count',
  'lib::v2::count': 'lib::v2::count',
  'lib::v1::count': 'lib::v1::count',
  'lib::Item::made': 'lib::v2::Item::made',
  'sizeof(lib::Item)': 'sizeof(lib::v2::Item)',
  '(int)lib::ON': '(int)lib::v2::ON',
  '(int)lib::Tone::High': '(int)lib::v2::Tone::High',
  'lib::Mode::ON == 4': '(int)lib::v2::ON == 4',
  'lib::both': 'lib::a::b::both',
  'lib::a::both + 1': 'lib::a::b::both + 1',
  'sizeof(lib::Box<short>)': 'sizeof(lib::a::b::Box<short>)',
  '(long)&lib::twice': '(long)&lib::v2::twice',
  'lib::own': 'lib::own',
  top: 'outer::top',
  '::top + 0': 'outer::top',
  'other::count': 'other::count',
};

test('names, types and casts of C++ have the values that gdb gives them', () => {
  agreesWithGdb(program, Object.fromEntries(STATIC.map((text) => [text, text])));
});

test('a name in an inline namespace is one of the namespace around it', () => {
  for (const flags of [['-gdwarf-5'], ['-gdwarf-4']]) {
    const guest = compileGuest('inline-namespaces.cpp', [...flags, '-O0', '-static']);
    agreesWithGdb(guest, INLINE);
    const { names } = fileNames(guest.bytes);
    for (const text of ['lib::old', 'old', 'lib::b::count', 'count'])
      assert.equal(compileExpression(text, names).ok, false, `${text} is not what C++ finds`);
    for (const text of ['lib::buried', 'lib::deep::buried', 'lib::twice::calls'])
      assert.equal(compileExpression(text, names).ok, true, text);
  }
});

test('an operator[] of the program is not called, and that is said', () => {
  const { names } = fileNames(program.bytes);
  const expression = compileExpression('table[1] + 1', names);
  assert.equal(
    expression.ok ? '' : problemText(expression.error),
    'A Table has no elements of its own: an operator[] of the program is not executed by the debugger.',
  );
  assert.equal(compileExpression('table.rows[1] + 1', names).ok, true);
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

/** Compares expressions with what gdb says of their spellings for it. */
function agreesWithGdb({ path, bytes }: CompiledGuest, spellings: Readonly<Record<string, string>>): void {
  const texts = Object.keys(spellings);
  const printed = runTool(
    'gdb-multiarch',
    '-nx',
    '-batch',
    ...Object.values(spellings).flatMap((text) => ['-ex', `output ${text}`, '-ex', 'echo \\n']),
    path,
  );
  assert.equal(printed.trimEnd().split('\n').length >= texts.length, true, printed);
  const expected = printed.trimEnd().split('\n').slice(-texts.length);
  const { names, moment } = fileNames(bytes);
  texts.forEach((text, index) => {
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
}

/** A number as gdb writes it: `true`, `98 'b'`, `0.333333343`. */
function numberOf(text: string): number {
  if (text === 'true' || text === 'false') return Number(text === 'true');
  return Number(/^-?[\d.e+-]+/.exec(text)?.[0]);
}
