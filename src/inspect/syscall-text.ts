import { errnoName } from '../linux/abi/errno-name.ts';
import { signalName } from '../linux/abi/signal-number.ts';
import type { Machine } from '../machine/machine.ts';
import { PAGE_SIZE, pageFloor, virtAddr } from '../memory/address.ts';
import { SYSCALL_SHAPES } from './syscall-shapes.ts';

/** Longest string that is shown, as strace(1)'s -s has it. */
const SHOWN = 32;
const CURRENT_DIRECTORY = -100;
const PATH_SHOWN = 4096;

type Flags = readonly (readonly [number, string])[];

const OPEN_FLAGS: Flags = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
];
const PROTECTION: Flags = [
  [1, 'PROT_READ'],
  [2, 'PROT_WRITE'],
  [4, 'PROT_EXEC'],
];
const MAP_FLAGS: Flags = [
  [1, 'MAP_SHARED'],
  [2, 'MAP_PRIVATE'],
  [0x10, 'MAP_FIXED'],
  [0x20, 'MAP_ANONYMOUS'],
  [0x100, 'MAP_GROWSDOWN'],
  [0x4000, 'MAP_NORESERVE'],
  [0x8000, 'MAP_POPULATE'],
  [0x20000, 'MAP_STACK'],
  [0x100000, 'MAP_FIXED_NOREPLACE'],
];

/** A system call that a process makes, or has made. */
interface SyscallText {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly bigint[];
}

/** The arguments of a system call as strace(1) writes them. Looking changes nothing in the guest. */
export function syscallArguments(machine: Machine, { name, args, pid }: SyscallText): string {
  const shape = SYSCALL_SHAPES[name] ?? 'xxxxxx';
  const memory = (at: bigint, max: number, untilNul: boolean): string => textAt(machine, pid, at, max, untilNul);
  return [...shape]
    .map((letter, i) => {
      const value = args[i] ?? 0n;
      const low = Number(BigInt.asIntN(32, value));
      switch (letter) {
        case 'd':
          return String(BigInt.asIntN(64, value) === value ? value : BigInt.asIntN(64, value));
        case 'u':
          return String(BigInt.asUintN(64, value));
        case 'o':
          return `0${(low >>> 0).toString(8)}`;
        case '@':
          return low === CURRENT_DIRECTORY ? 'AT_FDCWD' : String(low);
        case 's':
          return memory(value, PATH_SHOWN, true);
        case 'w':
          return memory(value, Number(BigInt.asUintN(64, args[i + 1] ?? 0n)), false);
        case 'g':
          return low > 0 && low <= 64 ? signalName(low) : String(low);
        case 'O':
          return flagsText(low, OPEN_FLAGS, ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][low & 3] ?? '3', ~3);
        case 'P':
          return flagsText(low, PROTECTION, '', ~0) || 'PROT_NONE';
        case 'M':
          return flagsText(low, MAP_FLAGS, '', ~0) || '0';
        default:
          return value === 0n ? 'NULL' : `0x${BigInt.asUintN(64, value).toString(16)}`;
      }
    })
    .join(', ');
}

/** Bytes at an address as a C string; the address where they are not in memory. */
function textAt(machine: Machine, pid: number, address: bigint, length: number, untilNul: boolean): string {
  const at = Number(BigInt.asUintN(64, address));
  if (at === 0) return 'NULL';
  const bytes: number[] = [];
  const { kernel, inspector } = machine;
  const space = kernel.processes.get(pid)?.space;
  const wanted = Math.min(length, untilNul ? PATH_SHOWN : SHOWN);
  let page: Uint8Array | undefined;
  for (let i = 0; i < wanted; i++) {
    const va = at + i;
    if (i === 0 || va % PAGE_SIZE === 0)
      page =
        space && va < Number.MAX_SAFE_INTEGER
          ? inspector.peek(kernel.provider.label(space), pageFloor(virtAddr(va)))
          : undefined;
    if (!page) return `0x${at.toString(16)}`;
    const byte = page[va % PAGE_SIZE];
    if (untilNul && byte === 0) break;
    bytes.push(byte);
  }
  return quote(String.fromCharCode(...bytes)) + (!untilNul && length > wanted ? '...' : '');
}

/** What a system call returned: a number, or -1 with the name of the error. */
export function resultText(result: bigint): string {
  const value = BigInt.asIntN(64, result);
  if (value < 0n && value > -4096n) return `-1 ${errnoName(Number(-value))}`;
  return value > 0xffffn ? `0x${value.toString(16)}` : String(value);
}

function flagsText(value: number, names: Flags, first: string, mask: number): string {
  const found = first === '' ? [] : [first];
  let rest = value & mask;
  for (const [bit, name] of names)
    if (rest & bit) {
      found.push(name);
      rest &= ~bit;
    }
  if (rest !== 0) found.push(`0x${(rest >>> 0).toString(16)}`);
  return found.join('|');
}

/** A C string literal. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\"\n\t\r]|[^ -~]/g, (character) => {
    const short: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r' };
    return short[character] ?? `\\${character.charCodeAt(0).toString(8)}`;
  });
  return `"${escaped}"`;
}
