import { CODE_ADDRESS, SPACE_ADDRESS } from '../small-elf.ts';
import type { Dice } from './dice.ts';
import { BUFFERS_ADDRESS, BUFFERS_SIZE, TABLES } from './layout.ts';

const BOUNDARIES = [0, 1, 2, 3, 4, 5, 8, 17, 64, 100, 4095, 4096, 65536, -1, -2, -100, -4096].map(BigInt);
const POWERS = [31n, 32n, 38n, 46n, 47n, 62n, 63n].map((power) => 1n << power);
/** Code, and where the stack and the end of the address space are. */
const PLACES = [BigInt(CODE_ADDRESS), 0x3f_ffff_f000n, 0x3f_ffff_e000n, 0x40_0000_0000n];
/** Addresses that earlier calls returned are remembered up to this number. */
const REMEMBERED = 16;
const DESCRIPTORS = 14;
/** Where a machine's first epoll is, while it is open. */
const EPOLL_DESCRIPTOR = 7n;

/** ioctl_userfaultfd(2): UFFDIO_API, REGISTER, UNREGISTER, WAKE, COPY and ZEROPAGE. */
const USER_FAULT_REQUESTS = [0xc018_aa3f, 0xc020_aa00, 0x8010_aa01, 0x8010_aa02, 0xc028_aa03, 0xc020_aa04];

/** Flag words of which an argument is one, or two together. */
const CHOICES: Readonly<Record<string, readonly number[]>> = {
  advice: [0, 1, 2, 3, 4, 8, 9, 10, 11, 18, 19, 20, 21, 22, 23, 24],
  at: [0, 0x100, 0x200, 0x400, 0x1000, 0x800],
  clock: [0, 1, 2, 3, 4, 7, 8, 11],
  clone: [17, 0x11, 0x4111, 0x5_0f00, 0x3d_0f00, 0x100, 0x1000, 0x0020_0000, 0x0100_0000, 0x8000, 0x2000_0000],
  family: [1, 1, 2, 2, 10, 16],
  fcntl: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 36, 37, 38, 1024, 1025, 1030, 1031, 1032, 1033, 1034],
  futex: [0, 1, 3, 4, 5, 9, 10, 128, 129, 131, 132, 133, 137, 138, 256 + 9, 6, 7, 8, 11, 12],
  ioctl: [
    0x5401,
    0x5402,
    0x5413,
    0x5414,
    0x541b,
    0x5421,
    0x5450,
    0x5451,
    0x540f,
    0x5410,
    0x5429,
    ...USER_FAULT_REQUESTS,
  ],
  ipc: [0o600, 0o1600, 0o3600, 0],
  ipccommand: [0, 1, 2, 3, 13, 14],
  mapping: [0x22, 0x22, 0x21, 0x1, 0x2, 0x32, 0x31, 0x122, 0x10_0022, 0x8022, 0x4022, 0x12, 0x11, 3],
  message: [0, 0, 2, 0x20, 0x40, 0x100, 0x4000, 1],
  mode: [0o644, 0o755, 0, 0o4777],
  node: [0o100644, 0o010644, 0o020644, 0o140644],
  notify: [0xfff, 1, 2, 0x100, 0x200, 0x400, 0x8000_0000],
  open: [0, 1, 2, 0o102, 0o102, 0o1102, 0o302, 0o2002, 0o4000, 0o200000, 0o400000, 0o2000000, 0o10000000, 0o20200002],
  prctl: [1, 2, 3, 4, 15, 16, 23, 29, 30, 35, 36, 37, 38, 39],
  protection: [0, 1, 3, 3, 3, 5, 7, 4, 0x0100_0003],
  remap: [0, 1, 3, 5, 7],
  semcommand: [0, 1, 2, 11, 12, 13, 14, 15, 16, 17],
  shmat: [0, 0o10000, 0o20000, 0o40000],
  socketoption: [2, 3, 4, 7, 8, 16, 17, 20, 21],
  socktype: [1, 2, 5, 0o4001, 0o2000001, 0o4002, 3],
  userfaults: [1, 1, 0o4001, 0],
  wait: [0, 1, 2, 4, 5, 8, 0x100_0005, 0x4000_0001],
};

/** Picks arguments: of a kind (the words of `SIGNATURES`), or of none, where bad pointers and boundaries are most of them. */
export class Arguments {
  readonly #dice: Dice;
  readonly #addresses: bigint[] = [BigInt(SPACE_ADDRESS)];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Remembers a result for later arguments, if it is an address. */
  remember(result: bigint): void {
    if (result < 0x1_0000n || result & 0xfffn) return;
    if (this.#addresses.length < REMEMBERED) this.#addresses.push(result);
    else this.#addresses[this.#dice.below(REMEMBERED)] = result;
  }

  /** Somewhere in a mapping that there is, or was. */
  address(): number {
    return Number(this.#dice.pick(this.#addresses)) + this.#dice.below(0x4000);
  }

  ofKind(kind: string): bigint {
    const dice = this.#dice;
    if (kind.endsWith('?')) return dice.oneIn(3) ? 0n : this.ofKind(kind.slice(0, -1));
    const table = (TABLES as Record<string, (typeof TABLES)[keyof typeof TABLES] | undefined>)[kind];
    if (table) return BigInt(SPACE_ADDRESS + table.at + table.size * dice.below(table.count));
    const choices = CHOICES[kind];
    if (choices) return BigInt(dice.oneIn(4) ? dice.pick(choices) | dice.pick(choices) : dice.pick(choices));
    switch (kind) {
      case 'addresslength':
        return BigInt(dice.pick([3, 4, 9, 16, 28, 32]));
      case 'brk':
        return BigInt(SPACE_ADDRESS + 0x4000 + dice.below(0x8000));
      case 'buffer':
      case 'struct':
        return BigInt(BUFFERS_ADDRESS + 8 * dice.below(BUFFERS_SIZE / 8));
      case 'dir':
        return dice.oneIn(4) ? this.ofKind('fd') : -100n;
      case 'epoll':
        return dice.oneIn(2) ? EPOLL_DESCRIPTOR : this.ofKind('fd');
      case 'fcntlargument':
        return dice.oneIn(2) ? this.ofKind('buffer') : this.ofKind('small');
      case 'fd':
        return BigInt(dice.below(DESCRIPTORS));
      case 'key':
      case 'small':
        return BigInt(dice.below(10));
      case 'length':
        return BigInt(dice.oneIn(8) ? dice.below(200_000) : dice.below(600));
      case 'offset':
        return BigInt(dice.pick([0, 0, 1, 10, 4095, 4096, 8192, 70_000, dice.below(0x1_0000)]));
      case 'pages':
        return dice.pick(this.#addresses) + BigInt(dice.below(4) * 0x1000);
      case 'pid':
        return BigInt(dice.below(8) - 1);
      case 'signal':
        return BigInt(dice.oneIn(3) ? 1 + dice.below(64) : dice.pick([10, 12, 17, 18, 23, 28, 34]));
      case 'size':
        return BigInt(dice.oneIn(4) ? dice.below(0x8000) : 0x1000 * (1 + dice.below(8)));
      case 'stack':
        return dice.oneIn(2) ? 0n : BigInt(BUFFERS_ADDRESS + BUFFERS_SIZE - 16);
      case 'timeout':
        return BigInt(dice.below(20) - 1);
      case 'vectors':
        return BigInt(dice.below(6));
      default:
        return BigInt(kind);
    }
  }

  ofNoKind(): bigint {
    const dice = this.#dice;
    switch (dice.below(8)) {
      case 0:
      case 1:
        return dice.pick(BOUNDARIES);
      case 2:
        return dice.pick(POWERS) - BigInt(dice.below(2));
      case 3:
      case 4:
        return BigInt(SPACE_ADDRESS + dice.below(0x400) * 4);
      case 5:
        return BigInt(SPACE_ADDRESS + dice.below(6) * 4096);
      case 6:
        return dice.pick(PLACES);
      default:
        return dice.word();
    }
  }
}
