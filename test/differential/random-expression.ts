import fc from 'fast-check';

const INTEGERS = [
  ...['c', 'sc', 'uc', 's', 'us', 'i', 'u', 'l', 'ul', 'll', 'ull', 'big', 'b', 'color', 'sign', 'GREEN'],
  ...['values[1]', '*pointer', 'pointer[-1]', 'record.number', 'record.narrow', 'record.field', 'record.wide'],
  ...[
    'record.flag',
    'record.anonymous',
    'link->next->field',
    'link->inner.small',
    'record.table[1][2]',
    '(*link).number',
  ],
  ...['*(pointer + 1)', '2[values]', 'text[2]', "'x'", "'\\n'", '0', '1', '42', '077', '0x7fffffff', '0x80000000'],
  ...['4294967295', '2147483648', '7u', '5l', '6ul', '0xffffffffffffffff', '3ll', 'sizeof(struct record)', 'sizeof i'],
  ...['sizeof(char *[3])', 'sizeof record.table', 'pointer - values', '(long)pointer', '(char)i', 'pointer > values'],
  ...['link->next == 0', '(unsigned char)-1', '(signed char)uc', '(short)us', '(_Bool)d', '(int)d', '(unsigned long)f'],
  ...[
    '(enum color)20',
    '&values[3] - &values[0]',
    '!pointer',
    '-0x80000000',
    '~0ul',
    '-2147483648',
    '(char *)link - (char *)&record',
  ],
];
const FLOATS = [
  'f',
  'd',
  '1.5',
  '0.1f',
  '.25',
  '1e3',
  '0x1.8p1',
  'record.inner.ratio',
  '(float)l',
  '(double)ul',
  '(float)ul',
  '3.f',
];

/** Types that casts lead to; to integers from integers only, since what is out of range is undefined. */
const CASTS = [
  'char',
  'signed char',
  'unsigned short',
  'int',
  'unsigned',
  'long',
  'word',
  'unsigned long long',
  '_Bool',
  '__int128',
  'enum color',
];

const whole = (text: string): string => (/^[\w.]+$/.test(text) ? text : `(${text})`);

/** Arithmetic expressions over the objects of test/guests/expressions.h, with no undefined behaviour but overflow. */
export const randomExpression: fc.Arbitrary<string> = fc.letrec((tie) => {
  const binary = (operators: readonly string[], left: fc.Arbitrary<string>, right: fc.Arbitrary<string>) =>
    fc.tuple(left, fc.constantFrom(...operators), right).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
  const integer = tie('integer') as fc.Arbitrary<string>;
  const number = tie('number') as fc.Arbitrary<string>;
  const float = fc.constantFrom(...FLOATS).map(whole);
  return {
    integer: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...INTEGERS).map(whole),
      binary(['+', '-', '*', '&', '|', '^'], integer, integer),
      binary(['==', '!=', '<', '>', '<=', '>=', '&&', '||'], number, number),
      binary(['<<', '>>'], integer, fc.nat(7).map(String)),
      // A divisor that is not zero, and not -1, with which the most negative number overflows.
      binary(
        ['/', '%'],
        integer,
        integer.map((divisor) => `((${divisor} & 63) + 2)`),
      ),
      fc.tuple(fc.constantFrom('-', '~', '!', '+'), integer).map(([operator, operand]) => `${operator}(${operand})`),
      fc.tuple(fc.constantFrom(...CASTS), integer).map(([type, operand]) => `(${type})(${operand})`),
      fc.tuple(number, integer, integer).map(([condition, a, b]) => `(${condition} ? ${a} : ${b})`),
      integer.map((index) => `values[(unsigned)(${index}) % 5]`),
      integer.map((count) => `*(values + ((${count}) & 3))`),
    ),
    number: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      integer,
      float,
      binary(
        ['+', '-', '*', '/'],
        float,
        number.map((one) => `((${one}) + 0.5)`),
      ),
      binary(['+', '-', '*'], number, number),
      fc.tuple(number, number, number).map(([condition, a, b]) => `(${condition} ? ${a} : ${b})`),
      number.map((operand) => `-(${operand})`),
    ),
  };
}).number;
