import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandMacros } from '../../src/expressions/macros.ts';
import { SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compileGuest, runTool } from './compiled-guests.ts';
import { lineOf } from '../adapter/scenario.ts';

/* Macros are those that gdb finds at a line, and become what it makes of them, in every form that compilers write them in. */

const TEXTS = [
  ...['LIMIT', 'TWICE * 2', 'SQ(1 + 2)', 'SQ(SQ(2))', 'ADD(SQ(2), LIMIT)', 'MAX(SQ(a), ADD(b, c))', 'NESTED(value)'],
  ...['2 -NEG', 'FOO', 'foo.number', 'number', 'JOIN(x, y)', 'JOIN(LIMIT, _reached)', 'JOINED(1, JOIN(2, 3))'],
  ...[
    'TEXT(a "b" + 1)',
    'TEXT( a  +\t b )',
    "TEXT('\\n')",
    'TEXT_OF(LIMIT)',
    'TEXT(LIMIT)',
    'SUM(1, 2, 3)',
    'PASS(1, (2, 3))',
  ],
  ...[
    'REST(1)',
    'REST(1, 2, 3)',
    'NAMED(4, 5)',
    'NO_ARGUMENT()',
    'NOTHING',
    'MAX ( (1, 2) , 3 )',
    'SQ',
    'SQ + 1',
    'SQ(NOTHING)',
  ],
  ...[
    'list.MEMBER',
    'POINTER_TO(int)',
    '"LIMIT" + LIMIT',
    "'L'",
    'LIMITED',
    'STAGE',
    'LATE',
    'SHARED',
    'LOCAL_TO_HEADER',
  ],
  ...['WEXITSTATUS(status)', 'WIFEXITED(SQ(2))', 'INT_MAX', 'UINT64_MAX', 'INT64_C(5)', 'EDOM', 'errno', 'NULL'],
  ...['JOIN(, x)', 'JOIN(x, )', 'SUM(SUM(1, 2, 3), 4, SQ(5))', 'f(2)', 'unknown(LIMIT, SQ(1))'],
];

const source = 'macros.c';

for (const [form, compiler, flags] of [
  ['DWARF 5', 'gcc', ['-g3']],
  ['DWARF 4', 'gcc', ['-g3', '-gdwarf-4']],
  ['.debug_macinfo', 'gcc', ['-g3', '-gdwarf-4', '-gstrict-dwarf']],
  ['64-bit DWARF', 'gcc', ['-g3', '-gdwarf64']],
  ['optimised, compressed', 'gcc', ['-g3', '-O2', '-gz']],
  ['clang, DWARF 5', 'clang', ['-g', '-fdebug-macro']],
  ['clang, DWARF 4', 'clang', ['-gdwarf-4', '-fdebug-macro']],
] as const)
  test(`macros are those that gdb finds at a line: ${form}`, () => {
    const guest = compileGuest(source, [...flags, '-static', '-w'], compiler);
    const file = SymbolFile.load(guest.bytes, source);
    assert.ok(!('error' in file));
    const header = guest.source.replace('.c', '.h');
    for (const [path, text] of [
      [guest.source, '/* stage 1 */'],
      [guest.source, '/* stage 2 */'],
      [header, 'int seen ='],
    ] as const) {
      const line = lineOf(path, text);
      const [address] = file.addressesForLine(guest.source, lineOf(guest.source, '/* stage 2 */'))!.addresses;
      const macros = file.macrosAt(address, { file: path, line });
      assert.ok(macros, 'there are macros');
      const name = path.slice(path.lastIndexOf('/') + 1);
      // clang does not describe the macros that it has itself; some of them are known here.
      const texts = compiler === 'clang' ? TEXTS.filter((one) => one !== 'INT_MAX') : TEXTS;
      const asked = texts.flatMap((one) => ['-ex', `macro expand ${one}`]);
      const output = runTool(
        'gdb-multiarch',
        '-nx',
        '-batch',
        '-ex',
        `list ${name}:${line - 1},${line - 1}`,
        ...asked,
        guest.path,
      );
      const expected = [...output.matchAll(/^expands to: ?(.*)$/gm)].map((match) => match[1]);
      assert.equal(expected.length, texts.length);
      const plain = (written: string): string => written.replaceAll(/\s+/g, '');
      for (const [index, one] of texts.entries())
        assert.equal(
          plain(expandMacros(one, (wanted) => macros.macro(wanted))),
          plain(expected[index]),
          `${one} at ${name}:${line}`,
        );
    }
    assert.deepEqual(file.buildWarnings, []);
  });
