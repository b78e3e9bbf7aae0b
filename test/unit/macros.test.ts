import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandMacros, type MacroDefinition } from '../../src/expressions/macros.ts';

/** Macros from their directives. */
function macros(...directives: readonly string[]): (name: string) => MacroDefinition | undefined {
  const known = new Map(
    directives.map((directive) => {
      const [, name, list, body] = /^(\w+)(?:\(([^)]*)\))?\s*(.*)$/s.exec(directive)!;
      const written = list
        ?.split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '');
      const isVariadic = written?.at(-1) === '...';
      const parameters = written?.map((one) => (one === '...' ? '__VA_ARGS__' : one));
      return [name, { name, ...(parameters ? { parameters } : {}), isVariadic, body }];
    }),
  );
  return (name) => known.get(name);
}

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

test('the examples of the standard come out as it says (C11 6.10.3.5)', () => {
  const third = macros(
    'x 2',
    'f(a) f(x * (a))',
    'g f',
    'z z[0]',
    'h g(~',
    'm(a) a(w)',
    'w 0,1',
    't(a) a',
    'p() int',
    'q(x) x',
    'r(x,y) x ## y',
    'str(x) # x',
  );
  const of = (text: string): string => plain(expandMacros(text, third)).replaceAll(/ *([^\w"]) */g, '$1');
  assert.equal(of('f(y+1) + f(f(z)) % t(t(g)(0) + t)(1)'), 'f(2*(y+1))+f(2*(f(2*(z[0]))))%f(2*(0))+t(1)');
  assert.equal(of('g(x+(3,4)-w) | h 5) & m (f)^m(m)'), 'f(2*(2+(3,4)-0,1))|f(2*(~5))&f(2*(0,1))^m(0,1)');
  assert.equal(of('p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) }'), 'int i[]={1,23,4,5,}');
  assert.equal(of('str(hello)'), '"hello"');

  const fourth = macros(
    'str(s) # s',
    'xstr(s) str(s)',
    'INCFILE(n) vers ## n',
    'glue(a, b) a ## b',
    'xglue(a, b) glue(a, b)',
    'HIGHLOW "hello"',
    'LOW LOW ", world"',
  );
  assert.equal(plain(expandMacros('xstr(INCFILE(2).h)', fourth)), '"vers2.h"');
  assert.equal(plain(expandMacros('glue(HIGH, LOW)', fourth)), '"hello"');
  assert.equal(plain(expandMacros('xglue(HIGH, LOW)', fourth)), '"hello" ", world"');
  assert.equal(
    plain(expandMacros(String.raw`str(strncmp("abc\0d", "abc", '\4') == 0)`, fourth)),
    String.raw`"strncmp(\"abc\\0d\", \"abc\", '\\4') == 0"`,
  );

  const fifth = macros('t(x,y,z) x ## y ## z');
  assert.equal(
    expandMacros('t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,)', fifth).replaceAll(' ', ''),
    '123,45,67,89,10,11,12,',
  );

  const sixth = macros(
    'debug(...) fprintf(stderr, __VA_ARGS__)',
    'showlist(...) puts(#__VA_ARGS__)',
    'report(test, ...) ((test)?puts(#test): printf(__VA_ARGS__))',
  );
  assert.equal(plain(expandMacros('debug("X = %d\\n", x)', sixth)), 'fprintf(stderr, "X = %d\\n", x)');
  assert.equal(
    plain(expandMacros('showlist(The first, second, and third items.)', sixth)),
    'puts("The first, second, and third items.")',
  );
  assert.equal(
    plain(expandMacros('report(x>y, "x is %d but y is %d", x, y)', sixth)).replaceAll(' ', ''),
    '((x>y)?puts("x>y"):printf("xis%dbutyis%d",x,y))',
  );
});

test('what stands in an expression besides macros stays as it is', () => {
  const known = macros('x 2', 'LIMIT 17', 'SQ(v) ((v)*(v))');
  assert.equal(expandMacros('a  +  b', known), 'a  +  b');
  assert.equal(expandMacros('mask,x', known), 'mask,x');
  assert.equal(expandMacros('"LIMIT" == name', known), '"LIMIT" == name');
  assert.equal(expandMacros('$LIMIT + SQUARE', known), '$LIMIT + SQUARE');
  assert.equal(plain(expandMacros('a->LIMIT_b + ns::f(LIMIT),x', known)), 'a->LIMIT_b + ns::f( 17 ),x');
});

test('macros that grow or never end are bounded', () => {
  const doubled = macros('a0 1', ...Array.from({ length: 40 }, (_, at) => `a${at + 1} a${at} + a${at}`));
  assert.throws(() => expandMacros('a40', doubled), { message: 'The macros in it grow without end' });
  const nested = macros('F(x) (x) + (x) + (x)');
  const deep = 'F('.repeat(60) + '1' + ')'.repeat(60);
  assert.throws(() => expandMacros(deep, nested), { message: 'The macros in it grow without end' });
  const circle = macros('a b', 'b c', 'c a + a');
  assert.equal(plain(expandMacros('a', circle)), 'a + a');
  assert.throws(() => expandMacros('SQ(1, 2)', macros('SQ(x) x')), { message: 'The macro SQ takes 1 argument' });
  assert.equal(expandMacros('SQ(1', macros('SQ(x) x')), 'SQ(1');
});
