import { CODE_ADDRESS, SPACE_ADDRESS } from '../small-elf.ts';
import type { Dice } from './dice.ts';

/** An array of structures in the guest's memory: where it begins, in bytes from `SPACE_ADDRESS`. */
interface Table {
  readonly at: number;
  readonly count: number;
  /** Bytes of one. */
  readonly size: number;
}

/** Where the guest has arguments that are worth following. The page after them is for what calls write. */
export const TABLES = {
  path: { at: 0, count: 32, size: 32 },
  vector: { at: 0x400, count: 32, size: 16 },
  time: { at: 0x600, count: 16, size: 16 },
  address: { at: 0x700, count: 16, size: 32 },
  pollfds: { at: 0x900, count: 32, size: 8 },
  argv: { at: 0xa00, count: 16, size: 8 },
  mask: { at: 0xa80, count: 16, size: 8 },
  action: { at: 0xb00, count: 8, size: 32 },
  cloneargs: { at: 0xc00, count: 1, size: 88 },
  header: { at: 0xc80, count: 4, size: 64 },
  control: { at: 0xd80, count: 4, size: 32 },
  word: { at: 0xe00, count: 32, size: 4 },
  event: { at: 0xe80, count: 2, size: 64 },
  openhow: { at: 0xf00, count: 4, size: 24 },
  limits: { at: 0xf80, count: 8, size: 16 },
} as const satisfies Record<string, Table>;

export const BUFFERS_ADDRESS = SPACE_ADDRESS + 0x1000;
export const BUFFERS_SIZE = 0x3000;
const SIZE = 0x1000;

const PATHS = [
  ...['/program', '/dev/null', '/dev/zero', '/proc/self/maps', '/proc/self/fd/3', '/proc/self/exe', '/proc/1/status'],
  ...['/tmp/x', '/tmp/y', '/tmp/d', '/tmp/d/z', '/dev/shm/y', '..', '.', '', 'made/up', '/proc/thread-self/stat'],
  ...['/dev/ptmx', '/dev/pts/0', '/dev/pts', '/dev/tty'],
  // Of the host's tree, where there is one.
  ...['file', 'folder/inner', 'folder', 'out', 'absolute', 'up/secret', 'up/../outside/secret', '/../outside/secret'],
  ...['up', 'loop', 'pipe', '../outside', 'folder/../../outside', 'hard'],
];

/** Fills the first page with structures as calls want them. Some are what they should not be, too. */
export function structures(dice: Dice): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  const buffer = (): bigint =>
    dice.oneIn(16) ? dice.word() : BigInt(BUFFERS_ADDRESS + 8 * dice.below(BUFFERS_SIZE / 8));
  const address = (table: Table): bigint => BigInt(SPACE_ADDRESS + table.at + table.size * dice.below(table.count));
  const fill = (table: Table, write: (at: number) => void): void => {
    for (let i = 0; i < table.count; i++) write(table.at + i * table.size);
  };
  const u64 = (at: number, value: bigint | number): void =>
    view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);

  fill(TABLES.path, (at) => bytes.set(new TextEncoder().encode(dice.pick(PATHS)), at));
  fill(TABLES.vector, (at) => {
    u64(at, buffer());
    u64(at + 8, dice.oneIn(16) ? dice.word() : dice.below(600));
  });
  fill(TABLES.time, (at) => {
    u64(at, dice.oneIn(8) ? dice.below(3) : 0);
    u64(at + 8, dice.oneIn(16) ? dice.next() : dice.below(1_000_000));
  });
  fill(TABLES.address, (at) => bytes.set(socketAddress(dice), at));
  fill(TABLES.pollfds, (at) => {
    view.setInt32(at, dice.below(12) - 1, true);
    view.setUint16(at + 4, dice.pick([1, 4, 5, 0x2005, 0xffff]), true);
  });
  fill(TABLES.argv, (at) => u64(at, dice.oneIn(3) ? 0 : address(TABLES.path)));
  fill(TABLES.mask, (at) => u64(at, dice.oneIn(2) ? 1n << BigInt(dice.below(64)) : dice.word()));
  fill(TABLES.action, (at) => {
    u64(at, dice.pick([0, 1, CODE_ADDRESS, SPACE_ADDRESS]));
    u64(at + 8, dice.pick([0, 4, 0x1000_0000, 0x0800_0004, 0x4000_0000, 0x8000_0000, 2, 1]));
    u64(at + 16, dice.oneIn(2) ? 0 : dice.word());
  });
  fill(TABLES.cloneargs, (at) => {
    u64(at, dice.pick([0, 0x5_0f00, 0x4100, 0x100, 0x1000, 0x3d_0f00]));
    u64(at + 32, dice.pick([0, 17, 10]));
    if (dice.oneIn(2)) [40, 48].forEach((field) => u64(at + field, field === 40 ? BUFFERS_ADDRESS : 0x1000));
  });
  fill(TABLES.header, (at) => {
    u64(at, dice.oneIn(2) ? 0 : address(TABLES.address));
    u64(at + 8, 32);
    u64(at + 16, address(TABLES.vector));
    u64(at + 24, dice.below(5));
    u64(at + 32, dice.oneIn(2) ? 0 : address(TABLES.control));
    u64(at + 40, dice.pick([0, 16, 20, 24, 32, 64]));
  });
  fill(TABLES.control, (at) => {
    u64(at, dice.pick([16, 20, 24, 28]));
    view.setInt32(at + 8, 1, true);
    view.setInt32(at + 12, dice.pick([1, 1, 2]), true);
    [16, 20, 24, 28].forEach((field) => view.setInt32(at + field, dice.below(10), true));
  });
  fill(TABLES.word, (at) => view.setUint32(at, dice.below(4), true));
  fill(TABLES.event, (at) => {
    view.setInt32(at + 8, dice.pick([0, 10, 14, 34, 65]), true);
    view.setInt32(at + 12, dice.pick([0, 1, 4]), true);
    view.setInt32(at + 16, 1 + dice.below(3), true);
  });
  fill(TABLES.openhow, (at) => {
    u64(at, dice.pick([0, 2, 0o102, 0o1000000, 0o200000, 0o10000000]));
    u64(at + 16, dice.pick([0, 8, 16, 4, 2, 1]));
  });
  fill(TABLES.limits, (at) => [0, 8].forEach((field) => u64(at + field, dice.pick([4, 64, 65536, 2 ** 23, -1]))));
  return bytes;
}

/** A sockaddr_un, sockaddr_in or sockaddr_in6 of the few names and ports that there are. */
function socketAddress(dice: Dice): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  const family = dice.pick([1, 1, 2, 10, 0, 99]);
  view.setUint16(0, family, true);
  if (family === 1) {
    bytes.set(new TextEncoder().encode(dice.pick(['s', '\0a', '\0b', '/tmp/s', 'file', 'up/s'])), 2);
  } else {
    view.setUint16(2, dice.pick([0, 1000, 1001, 4000]));
    if (family === 2) view.setUint32(4, dice.pick([0x7f00_0001, 0, 0x7f00_0001, 0x0808_0808]));
    else if (dice.oneIn(2)) bytes[23] = 1;
  }
  return bytes;
}
