import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostFuses } from '../../src/cpu/translator/host-fused.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { READ_EXECUTE } from '../bare-machine.ts';
import { EAGER, EAGER_UNFUSED, Lockstep } from './lockstep.ts';
import { Random } from './random.ts';

const CODE = 0x10000;
const NX = 1;
/** Major opcodes of fmadd, fmsub, fnmsub, fnmadd. */
const FUSED = [0x43, 0x47, 0x4b, 0x4f];
/** fadd, fsub, fmul, fdiv. */
const BINARY = [0x00, 0x04, 0x08, 0x0c];
const DYNAMIC = 7;

/** Eight operations on f1..f7, each with its own result register, then a jump back. */
function operations(random: Random, double: boolean): Uint32Array {
  const format = double ? 1 : 0;
  const words: number[] = [];
  for (let k = 0; k < 8; k++) {
    const [rs1, rs2, rs3] = [1 + random.below(7), 1 + random.below(7), 1 + random.below(7)];
    const operands = (rs2 << 20) | (rs1 << 15) | (DYNAMIC << 12) | ((8 + k) << 7);
    words.push(
      random.oneIn(4)
        ? ((BINARY[random.below(4)] | format) << 25) | operands | 0x53
        : (rs3 << 27) | (format << 25) | operands | FUSED[random.below(4)],
    );
  }
  const back = -words.length * 4;
  words.push(0x6f | (((back >> 12) & 0xff) << 12) | (1 << 20) | (((back >> 1) & 0x3ff) << 21) | (1 << 31));
  return Uint32Array.from(words);
}

const numbers = new DataView(new ArrayBuffer(8));

/** Numbers whose products and sums are near each other: cancellation, ties, rounding by the last bit; and edge cases. */
function operand(random: Random, double: boolean): bigint {
  const near = [1, 1.5, 2, 3, 1 / 3, 0.1, 2 ** 27 + 1, 2 ** -26, 1 + 2 ** -52, 1 - 2 ** -53, 2 ** 53, 2 ** -60];
  const edge = [
    0,
    -0,
    2 ** 1023,
    2 ** -1022,
    5e-324,
    2 ** -500,
    2 ** 510,
    Infinity,
    NaN,
    2 ** 127,
    2 ** -126,
    2 ** -149,
  ];
  const chosen = random.oneIn(12) ? edge[random.below(edge.length)] : near[random.below(near.length)];
  const signed = random.oneIn(2) ? -chosen : chosen;
  if (!double) {
    numbers.setFloat32(0, signed);
    return 0xffff_ffff_0000_0000n | (BigInt(numbers.getUint32(0)) ^ BigInt(random.below(2)));
  }
  numbers.setFloat64(0, signed);
  return numbers.getBigUint64(0) ^ BigInt(random.below(2));
}

for (const [name, options] of [
  ["with the host's", EAGER],
  ["without the host's", EAGER_UNFUSED],
] as const)
  for (const double of [true, false])
    test(`fused multiply-add of ${double ? 'doubles' : 'singles'} ${name} rounds and raises as the interpreter's`, () => {
      for (let seed = 1; seed <= 25; seed++) {
        const random = new Random(seed);
        const lockstep = new Lockstep(options);
        const code = operations(random, double);
        lockstep.both((machine) => {
          machine.mapRange(CODE, code.byteLength, READ_EXECUTE);
          machine.write(CODE, new Uint8Array(code.buffer));
          machine.state.pc = virtAddr(CODE);
        });
        for (let round = 0; round < 60; round++) {
          const values = Array.from({ length: 8 }, () => operand(random, double));
          const flags = random.oneIn(2) ? NX : 0;
          lockstep.both(({ state }) => {
            values.forEach((value, r) => state.setF(r, value));
            state.fcsr = flags;
          });
          lockstep.run(code.length);
        }
      }
    });

test('this host has a fused multiply-add, or its absence is what is tested', (t) => {
  if (!hostFuses())
    t.diagnostic('the host has no fused multiply-add for WebAssembly: only the emulated one was tested');
  assert.equal(typeof hostFuses(), 'boolean');
});
