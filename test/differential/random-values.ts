import type { Random } from './random.ts';

const SPECIAL_SINGLES = [
  0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001,
  0xffbfffff, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x00800001, 0x807fffff, 0x7f7fffff, 0xff7fffff,
  0x7f000000, 0x4b000000, 0x4b000001, 0xcb7fffff, 0x4f000000, 0xcf000000, 0x4f800000, 0x5f000000, 0xdf000000,
  0x5f800000, 0x3f000000, 0x3effffff, 0xbf000000, 0x3fc00000, 0x40200000, 0x34000000, 0x33800000, 0x1f800000,
  0x20000000, 0x3f7fffff, 0x3f800001,
];

const SPECIAL_DOUBLES = [
  0x0000000000000000n,
  0x8000000000000000n,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0xfff8000000000001n,
  0x7ff0000000000001n,
  0xfff7ffffffffffffn,
  0x0000000000000001n,
  0x8000000000000001n,
  0x000fffffffffffffn,
  0x0010000000000000n,
  0x0010000000000001n,
  0x800fffffffffffffn,
  0x7fefffffffffffffn,
  0xffefffffffffffffn,
  0x7fe0000000000000n,
  0x4330000000000000n,
  0x4330000000000001n,
  0xc33fffffffffffffn,
  0x41dfffffffc00000n,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0xc1e0000000200000n,
  0x41efffffffe00000n,
  0x41f0000000000000n,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0x43dfffffffffffffn,
  0x43f0000000000000n,
  0x3fe0000000000000n,
  0x3fdfffffffffffffn,
  0xbfe0000000000000n,
  0x3ff8000000000000n,
  0x4004000000000000n,
  0x3cb0000000000000n,
  0x3ca0000000000000n,
  0x1ff0000000000000n,
  0x2000000000000000n,
  0x380fffffe0000000n,
  0x380ffffff0000000n,
  0x3810000000000000n,
  0x36a0000000000000n,
  0x3690000000000000n,
  0x47efffffe0000000n,
  0x47effffff0000000n,
  0x47f0000000000000n,
  0x3fefffffffffffffn,
];

const SPECIAL_INTEGERS = [
  0n,
  1n,
  2n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x1_0000_0000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0xffffffff80000000n,
  0xffffffff7fffffffn,
  0x20000000000001n,
  0x3fffffffffffffn,
  0x1000001n,
  0x1ffffffn,
  0x7fffffbfffffffffn,
  0x8000008000000001n,
  0xfffffffffffffc00n,
  0x7ffffffffffffe00n,
];

function single(random: Random): bigint {
  switch (random.below(4)) {
    case 0:
      return BigInt(random.pick(SPECIAL_SINGLES));
    case 1: // An ordinary exponent and a significand of few bits: sums and products that are exact, or just not.
      return BigInt(((random.int32() & 0x80700000) | ((112 + random.below(32)) << 23)) >>> 0);
    case 2: // Exponents near each other: cancellation.
      return BigInt(((random.int32() & 0x807fffff) | ((124 + random.below(6)) << 23)) >>> 0);
    default:
      return BigInt(random.int32() >>> 0);
  }
}

/** Bits for an f register: doubles, boxed singles and, now and then, a single that is not boxed. */
export function randomFloatBits(random: Random): bigint {
  if (random.oneIn(2)) {
    const boxed = single(random);
    return random.oneIn(16) ? boxed : boxed | 0xffffffff_00000000n;
  }
  return randomDoubleBits(random);
}

export function randomDoubleBits(random: Random): bigint {
  switch (random.below(4)) {
    case 0:
      return random.pick(SPECIAL_DOUBLES);
    case 1:
      return (random.uint64() & 0x800e000000000000n) | (BigInt(1008 + random.below(32)) << 52n);
    case 2:
      return (random.uint64() & 0x800fffffffffffffn) | (BigInt(1020 + random.below(6)) << 52n);
    default:
      return random.uint64();
  }
}

export function randomSingleBits(random: Random): bigint {
  return single(random);
}

export function randomInteger(random: Random): bigint {
  switch (random.below(4)) {
    case 0:
      return random.pick(SPECIAL_INTEGERS);
    case 1:
      return BigInt.asUintN(64, BigInt(random.below(64) - 32));
    case 2:
      return BigInt.asUintN(64, BigInt(random.int32()));
    default:
      return random.uint64();
  }
}
