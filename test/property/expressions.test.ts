import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileExpression } from '../../src/expressions/expression.ts';
import { syntaxProblem } from '../../src/expressions/parse.ts';
import { problemText } from '../../src/expressions/problem.ts';
import { template } from '../../src/debug/expressions/template.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { fileNames } from '../differential/file-names.ts';

const { names, moment } = fileNames(compileGuest('debug-expressions.c', ['-g', '-O0', '-static']).bytes);

/** Pieces of the language in any order: most of it is nonsense, much of it almost right. */
const PIECES = [
  ...[
    'counter',
    'page',
    'ratio',
    'struct',
    'node',
    'point',
    'enum color',
    'BLUE',
    'main',
    'next_number::last',
    'int',
    'char',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '(struct node *)',
    '*',
    '&',
    '->',
    '.',
    'next',
    'x',
    '::',
    '@',
    ',',
    '?',
    ':',
    '=',
    '+=',
    '++',
    '--',
  ],
  ...[
    '+',
    '-',
    '/',
    '%',
    '<<',
    '>>',
    '<',
    '==',
    '&&',
    '||',
    '!',
    '~',
    '^',
    'sizeof',
    '0',
    '1',
    '0x10',
    '1.5f',
    "'a'",
    '"text"',
  ],
  ...[
    '$pc',
    '$a0',
    '$fa0',
    '$va',
    '$hits',
    '$',
    'pte',
    'mapping(',
    'unsigned',
    'long',
    'const',
    "'",
    '"',
    '\\',
    ';',
    '\u00e9',
    '\u{1f600}',
  ],
];
const garbage = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(' ')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

test('whatever is typed has a value or is answered with a sentence', () => {
  let values = 0;
  fc.assert(
    fc.property(garbage, fc.boolean(), (text, mayAssign) => {
      const expression = compileExpression(text, names, mayAssign);
      const result = expression.ok ? expression.value.evaluate(moment) : expression;
      if (result.ok) values++;
      else {
        const sentence = problemText(result.error);
        assert.match(sentence, /[.?]$/, sentence);
        const { span } = result.error;
        assert.ok(!span || (span.start >= 0 && span.start <= span.end && span.end <= text.length), sentence);
      }
      if (expression.ok) assert.equal(syntaxProblem(text), undefined, 'what compiles has no error of syntax');
    }),
    { numRuns: 3000 },
  );
  assert.ok(values > 0);
});

test('deep nesting and long chains are answered, and soon', () => {
  for (const text of [
    '('.repeat(1900) + '1' + ')'.repeat(1900),
    '-'.repeat(0) + '- '.repeat(1900) + '1',
    '(int)'.repeat(700) + '1',
    '1' + '+1'.repeat(1900),
    '1?'.repeat(900) + '1' + ':1'.repeat(900),
    'counter[0]'.padEnd(3900, '[0]'),
    '(a(b'.repeat(900),
    '(counter)('.repeat(390),
    'sizeof '.repeat(500) + 'counter',
    '*&'.repeat(1900) + 'counter',
    'x'.repeat(5000),
  ]) {
    const expression = compileExpression(text, names);
    if (expression.ok) expression.value.evaluate(moment);
    else assert.match(problemText(expression.error), /[.?]$/);
    syntaxProblem(text);
  }
});

test('a log message loses nothing but braces around expressions', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', '\\', '"', "'", 'a', ' ') }), (message) => {
      const written = template(message)
        .map(({ kind, text }) => (kind === 'text' ? text : `{${text}}`))
        .join('');
      assert.equal(
        written,
        message.replaceAll(/\\(?=[{}])/g, (_, at: number) => (isInside(message, at) ? '\\' : '')),
      );
    }),
  );
});

/** Whether a place of a message is in one of its expressions. */
function isInside(message: string, at: number): boolean {
  let from = 0;
  for (const { kind, text } of template(message)) {
    if (kind === 'expression') {
      const start = message.indexOf(`{${text}}`, from);
      if (at > start && at < start + text.length + 1) return true;
      from = start + text.length + 2;
    }
  }
  return false;
}

test('the parser is the one that the grammar makes', () => {
  const options = [
    '--format',
    'es',
    '--allowed-start-rules',
    'Start,TypeStart',
    '-o',
    '-',
    'src/expressions/grammar.peggy',
  ];
  const made = execFileSync(process.execPath, ['node_modules/peggy/bin/peggy.js', ...options], { encoding: 'utf8' });
  assert.ok(
    made === readFileSync('src/expressions/grammar.js', 'utf8'),
    'run npm run grammar, and commit what it writes',
  );
});
