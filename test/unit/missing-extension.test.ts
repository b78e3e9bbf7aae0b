import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { missingInstruction } from '../../src/riscv/missing-extension.ts';

/** Instructions that the assembler takes only with an extension, and what that is called. */
const OF_EXTENSION: readonly (readonly [extension: string, name: string, ...lines: string[]])[] = [
  ['v', 'V', 'vsetvli t0,a0,e8,m1,ta,ma', 'vle8.v v0,(a0)', 'vadd.vv v1,v2,v3', 'vse32.v v0,(a0)', 'vfadd.vv v1,v2,v3'],
  ['_zba', 'Zba', 'sh1add a0,a1,a2', 'sh3add a0,a1,a2', 'add.uw a0,a1,a2', 'sh2add.uw a0,a1,a2', 'slli.uw a0,a1,3'],
  ['_zbb', 'Zbb', 'andn a0,a1,a2', 'clz a0,a1', 'ctzw a0,a1', 'min a0,a1,a2', 'maxu a0,a1,a2', 'rol a0,a1,a2'],
  [
    '_zbb',
    'Zbb',
    'rori a0,a1,3',
    'rorw a0,a1,a2',
    'rev8 a0,a1',
    'orc.b a0,a1',
    'zext.h a0,a1',
    'sext.b a0,a1',
    'cpop a0,a1',
  ],
  ['_zbc', 'Zbc', 'clmul a0,a1,a2', 'clmulh a0,a1,a2', 'clmulr a0,a1,a2'],
  ['_zbs', 'Zbs', 'bset a0,a1,a2', 'bexti a0,a1,40', 'binvi a0,a1,4', 'bclr a0,a1,a2', 'bseti a0,a1,33'],
  ['_zbkb', 'Zbkb', 'pack a0,a1,a2', 'packh a0,a1,a2', 'brev8 a0,a1'],
  ['_zbkx', 'Zbkx', 'xperm8 a0,a1,a2', 'xperm4 a0,a1,a2'],
  [
    '_zfh',
    'Zfh',
    'flh fa0,0(a0)',
    'fsh fa0,8(a0)',
    'fadd.h fa0,fa1,fa2',
    'fmadd.h fa0,fa1,fa2,fa3',
    'fcvt.h.s fa0,fa1',
  ],
  ['_zicboz', 'Zicboz', 'cbo.zero (a0)'],
  ['_zicbom', 'Zicbom', 'cbo.clean (a0)', 'cbo.inval (a0)'],
];

function assembled(extension: string, lines: readonly string[]): number[] {
  mkdirSync('out/scratch', { recursive: true });
  const folder = mkdtempSync(path.resolve('out/scratch/words-'));
  const [object, binary] = [path.join(folder, 'words.o'), path.join(folder, 'words.bin')];
  const source = ['.option norvc', ...lines, ''].join('\n');
  execFileSync('riscv64-linux-gnu-as', [`-march=rv64gc${extension}`, '-o', object, '-'], { input: source });
  execFileSync('riscv64-linux-gnu-objcopy', ['-O', 'binary', '-j', '.text', object, binary]);
  const bytes = readFileSync(binary);
  return lines.map((_, index) => bytes.readUInt32LE(index * 4));
}

describe('an instruction that cannot be executed', () => {
  for (const [extension, name, ...lines] of OF_EXTENSION)
    it(`is of ${name}: ${lines.join('; ')}`, () => {
      for (const [index, word] of assembled(extension, lines).entries())
        assert.match(
          missingInstruction(word) ?? 'nothing',
          new RegExp(`^an instruction of the ${name} \\(.*\\) extension$`),
          lines[index],
        );
    });

  it('is of an extension that the assembler does not know, by its manual', () => {
    assert.match(missingInstruction(0x0ec5d533)!, /Zicond/);
    assert.match(missingInstruction(0x28b6252f)!, /Zacas/);
  });
  it('is for the kernel', () => {
    for (const word of assembled('', ['wfi', 'sret', 'mret', 'sfence.vma']))
      assert.equal(missingInstruction(word), 'an instruction that only a kernel may execute');
    assert.match(missingInstruction(assembled('_zicsr', ['csrr a0,satp'])[0])!, /control register 0x180/);
  });
  it('is none', () => {
    assert.match(missingInstruction(0)!, /^zeroes/);
    assert.match(missingInstruction(0xc0001073)!, /^unimp/);
    assert.equal(missingInstruction(0xffffffff), undefined);
  });
});
