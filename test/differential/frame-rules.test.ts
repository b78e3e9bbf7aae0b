import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Effort } from '../../src/symbols/byte-cursor.ts';
import { frameRulesAt } from '../../src/symbols/dwarf/frame-program.ts';
import type { CfaRule, RegisterRule } from '../../src/symbols/dwarf/frame-program.ts';
import { FrameSection } from '../../src/symbols/dwarf/frame-section.ts';
import { parseElf } from '../../src/symbols/elf-file.ts';
import { Warnings } from '../../src/symbols/warnings.ts';
import { compileGuest, runTool } from './compiled-guests.ts';

const X = 'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
  ' ',
);
const F =
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'.split(
    ' ',
  );
const NAMES = [...X, ...F];

for (const flags of [
  ['-O0', '-g', '-static'],
  ['-O2', '-g', '-static'],
  ['-O2', '-g', '-static', '-fasynchronous-unwind-tables'],
])
  for (const source of ['symbols-tour.c', 'symbols-tour.cpp'])
    test(`the unwinding rules of ${source} ${flags.join(' ')} are those of readelf`, () => {
      const guest = compileGuest(source, flags);
      const parsed = parseElf(guest.bytes);
      assert.ok(parsed.ok);
      const warnings = new Warnings();
      const sections = new Map(
        (['.debug_frame', '.eh_frame'] as const).map((name) => {
          const section = parsed.elf.section(name);
          const bytes = section?.bytes ?? new Uint8Array();
          const effort = new Effort(10_000_000);
          return [name, new FrameSection(bytes, name, section?.address ?? 0, effort, warnings, () => true)] as const;
        }),
      );
      let rows = 0;
      let section: FrameSection | undefined;
      let columns: string[] = [];
      const dump = runTool('riscv64-linux-gnu-readelf', '-wF', guest.path);
      for (const line of dump.split('\n')) {
        const contents = /^Contents of the (\S+) section/.exec(line);
        if (contents) section = sections.get(contents[1] as '.eh_frame');
        if (/ CIE /.test(line)) columns = [];
        const head = /^ +LOC +CFA +(.*)$/.exec(line);
        if (head) columns = head[1].trim().split(/ +/);
        if (/ FDE /.test(line)) columns = [];
        const row = /^([0-9a-f]{16}) (\S+) +(.*)$/.exec(line);
        // Rows of common entries have the address 0.
        if (row === null || section === undefined || parseInt(row[1], 16) === 0) continue;
        rows++;
        const address = parseInt(row[1], 16);
        const description = section.find(address);
        assert.ok(description !== undefined, line);
        const rules = frameRulesAt(description, address);
        assert.equal(cfaText(rules.cfa), row[2], line);
        const cells = row[3].trim() === '' ? [] : row[3].trim().split(/ +/);
        columns.forEach((column, index) => {
          if (column === '') return;
          const rule = rules.registers.get(NAMES.indexOf(column));
          assert.equal(ruleText(rule), cells[index], `${column}: ${line}`);
        });
      }
      assert.ok(rows > 500, `${rows} rows`);
      assert.deepEqual(warnings.list, []);
    });

function cfaText(rule: CfaRule | undefined): string {
  if (rule === undefined) return 'none';
  return rule.kind === 'expression' ? 'exp' : `${NAMES[rule.register]}${signed(rule.offset)}`;
}

function ruleText(rule: RegisterRule | undefined): string {
  switch (rule?.kind) {
    case undefined:
    case 'undefined':
      return 'u';
    case 'same value':
      return 's';
    case 'offset':
      return `c${signed(rule.offset)}`;
    case 'value offset':
      return `v${signed(rule.offset)}`;
    case 'register':
      return NAMES[rule.register];
    case 'expression':
      return 'exp';
    case 'value expression':
      return 'vexp';
  }
}

function signed(offset: number): string {
  return offset < 0 ? `${offset}` : `+${offset}`;
}
