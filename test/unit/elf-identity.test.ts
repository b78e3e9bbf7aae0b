import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRiscvProgram } from '../../src/extension/elf-identity.ts';

/** The first 20 bytes of an ELF file. */
function head({ class64 = true, littleEndian = true, type = 2, machine = 243 }): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, class64 ? 2 : 1, littleEndian ? 1 : 2, 1]);
  const fields = new DataView(bytes.buffer);
  fields.setUint16(16, type, littleEndian);
  fields.setUint16(18, machine, littleEndian);
  return bytes;
}

describe('the search for RISC-V programs', () => {
  it('takes a fixed and a position-independent executable', () => {
    assert.equal(isRiscvProgram(head({ type: 2 })), true);
    assert.equal(isRiscvProgram(head({ type: 3 })), true);
  });

  it('leaves out object files, other machines, 32-bit and big-endian programs', () => {
    assert.equal(isRiscvProgram(head({ type: 1 })), false);
    assert.equal(isRiscvProgram(head({ machine: 62 })), false);
    assert.equal(isRiscvProgram(head({ class64: false })), false);
    assert.equal(isRiscvProgram(head({ littleEndian: false })), false);
  });

  it('leaves out files that are no ELF, or too short to be one', () => {
    assert.equal(isRiscvProgram(new Uint8Array(20)), false);
    assert.equal(isRiscvProgram(head({}).subarray(0, 19)), false);
    assert.equal(isRiscvProgram(new Uint8Array()), false);
  });

  it('reads the bytes of a view into a larger buffer', () => {
    const buffer = new Uint8Array(100);
    buffer.set(head({}), 40);
    assert.equal(isRiscvProgram(buffer.subarray(40, 60)), true);
  });
});
