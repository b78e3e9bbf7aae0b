import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Decoded, packImmediate, packRegisters } from '../../src/cpu/code-cache.ts';
import { decode } from '../../src/riscv/decode.ts';
import { disassemble } from '../../src/riscv/disassemble.ts';
import { Op } from '../../src/riscv/op.ts';
import { F_NAMES, X_NAMES, registerByName } from '../../src/riscv/registers.ts';

/** Half of the words are compressed instructions, as in compiled code. */
const word = fc.oneof(
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }).map((bits) => bits | 3),
  fc.integer({ min: 0, max: 0xffff }),
);

test('every word decodes to registers, an i32 immediate and the length that its low bits say', () => {
  fc.assert(
    fc.property(word, (bits) => {
      const instruction = decode(bits);
      for (const register of [instruction.rd, instruction.rs1, instruction.rs2, instruction.rs3])
        assert.ok(Number.isInteger(register) && register >= 0 && register < 32);
      assert.equal(instruction.imm, instruction.imm | 0);
      assert.equal(instruction.length, (bits & 3) === 3 ? 4 : 2);
    }),
    { numRuns: 5000 },
  );
});

test('the halfword after a compressed instruction does not matter', () => {
  fc.assert(
    fc.property(word, fc.integer({ min: 0, max: 0xffff }), (bits, next) => {
      fc.pre((bits & 3) !== 3);
      assert.deepEqual(decode((bits & 0xffff) | (next << 16)), decode(bits & 0xffff));
    }),
  );
});

test('every word has a text, and a jump has a target within its reach', () => {
  fc.assert(
    fc.property(word, fc.integer({ min: 0x20_0000, max: 0x3fff_ffff }), (bits, half) => {
      const { mnemonic, target } = disassemble(decode(bits), half * 2);
      assert.match(mnemonic, /^\.?[a-z0-9.]+$/);
      if (target !== undefined) assert.ok(Math.abs(target - half * 2) <= 0x10_0000 && target % 2 === 0);
    }),
    { numRuns: 5000 },
  );
});

test('a decoded instruction keeps its fields when packed for the interpreter', () => {
  fc.assert(
    fc.property(word, (bits) => {
      const instruction = decode(bits);
      const packed = packRegisters(instruction);
      assert.notEqual(packed, 0);
      assert.equal(packed & 0xff, instruction.op);
      const rd = (packed >>> (Decoded.RdShift + 1)) & (Decoded.RdMask >>> 1);
      assert.ok(rd === instruction.rd || (rd === 32 && instruction.rd === 0));
      assert.equal((packed >>> (Decoded.Rs1Shift + 1)) & 31, instruction.rs1);
      assert.equal((packed >>> (Decoded.Rs2Shift + 1)) & 31, instruction.rs2);
      assert.equal(2 + ((packed >>> (Decoded.LengthShift - 1)) & 2), instruction.length);
      const immediate = packImmediate(instruction);
      if (instruction.op < Op.FmaddS) assert.equal(immediate, instruction.imm);
      else assert.deepEqual([immediate & 7, immediate >>> Decoded.Rs3Shift], [instruction.rm, instruction.rs3]);
    }),
    { numRuns: 5000 },
  );
});

test('every register name names its register', () => {
  X_NAMES.forEach((name, index) => assert.deepEqual(registerByName(name), { file: 'x', index }));
  F_NAMES.forEach((name, index) => assert.deepEqual(registerByName(name), { file: 'f', index }));
  assert.deepEqual(registerByName('fp'), registerByName('s0'));
  assert.deepEqual(registerByName('x31'), registerByName('t6'));
  assert.equal(registerByName('x32'), undefined);
});
