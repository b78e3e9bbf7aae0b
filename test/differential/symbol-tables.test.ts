import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SymbolFile } from '../../src/symbols/symbol-file.ts';
import { compileGuest, runTool } from './compiled-guests.ts';
import type { CompiledGuest } from './compiled-guests.ts';

const VARIANTS: readonly (readonly string[])[] = [
  ['-O0', '-gdwarf-5', '-static'],
  ['-O2', '-gdwarf-5', '-static'],
  ['-O0', '-gdwarf-4', '-static'],
  ['-O2', '-gdwarf-4', '-static'],
  ['-O2', '-gdwarf-5', '-fpie', '-pie', '-ffunction-sections', '-Wl,--gc-sections'],
];
const SOURCES = ['symbols-tour.c', 'symbols-tour.cpp'];

function load(guest: CompiledGuest, loadBias = 0): SymbolFile {
  const file = SymbolFile.load(guest.bytes, 'guest', loadBias);
  assert.ok(!('error' in file));
  return file;
}

for (const source of SOURCES)
  for (const flags of VARIANTS) {
    const title = `${source} ${flags.join(' ')}`;

    test(`the lines of ${title} are those of objdump`, () => {
      const guest = compileGuest(source, flags);
      const file = load(guest);
      const expected = objdumpRows(guest);
      assert.ok(expected.length > 50, 'objdump found rows');
      const lines = new Map<string, Set<number>>();
      for (const { base, line, isStatement } of expected)
        if (isStatement && line > 0) lines.set(base, (lines.get(base) ?? new Set()).add(line));
      for (const path of file.sourceFiles()) {
        const base = path.slice(path.lastIndexOf('/') + 1);
        assert.deepEqual(
          file.linesWithCode(path),
          [...(lines.get(base) ?? [])].sort((a, b) => a - b),
          path,
        );
      }
      // Of several rows at one address the last statement holds, else the last row.
      const byAddress = new Map<number, ObjdumpRow[]>();
      for (const row of expected) byAddress.set(row.address, [...(byAddress.get(row.address) ?? []), row]);
      for (const [address, rows] of byAddress) {
        const row = rows.findLast(({ isStatement }) => isStatement) ?? rows.at(-1)!;
        const found = file.lineAt(address);
        if (row.isEnd) continue;
        assert.deepEqual(
          { line: found?.line ?? 0, isStatement: found?.isStatement ?? row.isStatement },
          { line: row.line, isStatement: row.isStatement },
          `0x${address.toString(16)}`,
        );
        if (found !== undefined) assert.ok(found.file.endsWith(`/${row.base}`), found.file);
      }
    });

    test(`the functions of ${title} are those of nm`, () => {
      const guest = compileGuest(source, flags);
      const bias = flags.includes('-pie') ? 0x2aaaaa0000 : 0;
      const file = load(guest, bias);
      let count = 0;
      for (const line of runTool('riscv64-linux-gnu-nm', '-S', guest.path).split('\n')) {
        const match = /^([0-9a-f]+) ([0-9a-f]+) ([tTwW]) (\S+)$/.exec(line);
        if (match === null) continue;
        count++;
        const start = parseInt(match[1], 16) + bias;
        const size = parseInt(match[2], 16);
        const found = file.symbolAt(start + size - 1);
        assert.equal(found?.start, start, line);
        assert.equal(found?.size, size, line);
        assert.notEqual(file.symbolAt(start + size)?.start, start, line);
        const named = file.symbol(match[4]);
        assert.ok(named !== undefined, line);
        if ('TW'.includes(match[3])) assert.equal(named.va, start, line);
      }
      assert.ok(count >= 4, 'nm found functions');
    });

    test(`prologues of ${title} end inside their functions`, () => {
      const file = load(compileGuest(source, flags));
      for (const name of ['main', 'checkpoint']) {
        const start = file.functionNamed(name);
        assert.ok(start !== undefined);
        const { low, high } = file.functionAt(start)!;
        const end = file.prologueEnd(start);
        assert.ok(end >= low && end < high, `${name} 0x${end.toString(16)}`);
        if (flags.includes('-O0')) assert.ok(end > low, name);
      }
    });
  }

interface ObjdumpRow {
  readonly base: string;
  readonly line: number;
  readonly address: number;
  readonly isStatement: boolean;
  readonly isEnd: boolean;
}

/** `symbols-tour.c   37   0x10632   x`, with a view number in brackets somewhere, `-` or `END` for an end of sequence. */
function objdumpRows(guest: CompiledGuest): ObjdumpRow[] {
  return runTool('riscv64-linux-gnu-objdump', '--dwarf=decodedline', guest.path)
    .split('\n')
    .flatMap((line) => {
      const match = /^(\S+)\s+(\d+|-)\s+0x([0-9a-f]+)(.*)$/.exec(line);
      // Functions that the linker dropped stay in the table at address 0.
      if (match === null || parseInt(match[3], 16) < 0x400) return [];
      return {
        base: match[1],
        line: match[2] === '-' ? 0 : Number(match[2]),
        address: parseInt(match[3], 16),
        isStatement: /\bx\b/.test(match[4]),
        isEnd: match[2] === '-' || match[4].includes('END'),
      };
    });
}
