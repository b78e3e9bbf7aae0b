import { PAGE_SIZE, type VirtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { PageView } from '../../platform/inspector.ts';
import { Errno, fail } from '../abi/errno.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import type { Kernel } from '../kernel.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { encodeText } from '../user-memory.ts';
import { type Directory, type DirectorySource, GeneratedDirectory } from './directory.ts';
import { type Generate, GeneratedFile, snapshot } from './generated-file.ts';
import type { Inode } from './inode.ts';
import { DescriptorLink, Symlink } from './symlink.ts';

/** /proc: `self` and a directory a process, with what proc(5) says about memory in particular. */
export function procDirectory(kernel: Kernel, root: Directory): Directory {
  const self = new Symlink(kernel.files.numbers.next(), () => String(kernel.current?.process.pid ?? 1));
  const source: DirectorySource = {
    lookup: (name) => {
      if (name === 'self') return self;
      const process = /^\d+$/.test(name) ? kernel.processes.get(Number(name)) : undefined;
      if (process) return processDirectory(kernel, process, root);
      return SYSTEM_FILES[name] && text(kernel, () => SYSTEM_FILES[name](kernel));
    },
    names: () => ['self', ...Object.keys(SYSTEM_FILES), ...[...kernel.processes.keys()].map(String)],
  };
  return new GeneratedDirectory(kernel.files.numbers.next(), root, 'proc', source);
}

const SYSTEM_FILES: Readonly<Record<string, (kernel: Kernel) => string>> = {
  meminfo: ({ frames }) => {
    const line = (name: string, pages: number): string =>
      `${`${name}:`.padEnd(16)}${String((pages * PAGE_SIZE) / 1024).padStart(8)} kB\n`;
    return line('MemTotal', frames.total) + line('MemFree', frames.available) + line('MemAvailable', frames.available);
  },
  uptime: ({ clock }) => `${(clock.monotonic() / 1e9).toFixed(2)} 0.00\n`,
  cpuinfo: () => 'processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n',
};

function processDirectory(kernel: Kernel, process: ThreadGroup, parent: Directory): Directory {
  const entries: Record<string, () => Inode> = {
    maps: () => text(kernel, () => mappingsOf(kernel, process).map(mapsLine).join('')),
    smaps: () =>
      text(kernel, () =>
        mappingsOf(kernel, process)
          .map((mapping) => smapsEntry(kernel, process, mapping))
          .join(''),
      ),
    pagemap: () => new GeneratedFile(kernel.files.numbers.next(), () => pagemap(kernel, process)),
    status: () => text(kernel, () => status(kernel, process)),
    stat: () => text(kernel, () => statLine(kernel, process)),
    statm: () => text(kernel, () => statmLine(kernel, process)),
    comm: () => text(kernel, () => `${process.tasks[0]?.comm ?? ''}\n`),
    cmdline: () => text(kernel, () => process.argv.map((argument) => `${argument}\0`).join('')),
    exe: () => new Symlink(kernel.files.numbers.next(), () => process.executable),
    cwd: () => new Symlink(kernel.files.numbers.next(), () => process.fileSystem.directory.path),
    root: () => new Symlink(kernel.files.numbers.next(), '/'),
    fd: () => new GeneratedDirectory(kernel.files.numbers.next(), parent, 'fd', descriptors(kernel, process)),
  };
  return new GeneratedDirectory(kernel.files.numbers.next(), parent, String(process.pid), {
    lookup: (name) => (Object.hasOwn(entries, name) ? entries[name]() : undefined),
    names: () => Object.keys(entries),
  });
}

/** /proc/PID/fd: links that open what the descriptor refers to. */
function descriptors(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const file = /^\d+$/.test(name) ? process.files.find(Number(name)) : undefined;
      return file && new DescriptorLink(kernel.files.numbers.next(), file);
    },
    names: () => process.files.numbers().map(String),
  };
}

function text(kernel: Kernel, generate: () => string): GeneratedFile {
  return new GeneratedFile(kernel.files.numbers.next(), () => snapshot(encodeText(generate())));
}

function label(kernel: Kernel, process: ThreadGroup): number | undefined {
  return process.space && kernel.provider.label(process.space);
}

function mappingsOf(kernel: Kernel, process: ThreadGroup): readonly Mapping[] {
  const space = label(kernel, process);
  return space === undefined ? [] : kernel.provider.inspector.mappings(space);
}

function pagesOf(kernel: Kernel, process: ThreadGroup, mapping: Mapping, visit: (page: PageView) => void): void {
  const space = label(kernel, process);
  if (space !== undefined) kernel.provider.inspector.forEachPage(space, mapping, visit);
}

/** A line of /proc/PID/maps, as the kernel's show_map_vma prints it. */
function mapsLine({ start, end, permissions, sharing, offset, object, name }: Mapping): string {
  const bit = (mask: number, letter: string): string => (permissions & mask ? letter : '-');
  const flags = bit(Pte.R, 'r') + bit(Pte.W, 'w') + bit(Pte.X, 'x') + (sharing === 'shared' ? 's' : 'p');
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  const device = object ? '00:01' : '00:00';
  const line = `${hex(start, 8)}-${hex(end, 8)} ${flags} ${hex(offset, 8)} ${device} ${object?.identity ?? 0}`;
  return name === '' ? `${line} \n` : `${line.padEnd(73)}${name}\n`;
}

function smapsEntry(kernel: Kernel, process: ThreadGroup, mapping: Mapping): string {
  const { total } = kernel.frames;
  let [resident, proportional, shared, unique, dirty] = [0, 0, 0, 0, 0];
  pagesOf(kernel, process, mapping, ({ pte, refcount }) => {
    resident += 4;
    proportional += 4 / Math.min(refcount, total);
    if (refcount > 1) shared += 4;
    else unique += 4;
    if (pte & Pte.D) dirty += 4;
  });
  const lines: readonly (readonly [string, number])[] = [
    ['Size', (mapping.end - mapping.start) / 1024],
    ['KernelPageSize', 4],
    ['MMUPageSize', 4],
    ['Rss', resident],
    ['Pss', Math.floor(proportional)],
    ['Shared_Clean', shared],
    ['Shared_Dirty', 0],
    ['Private_Clean', Math.max(0, unique - dirty)],
    ['Private_Dirty', Math.min(unique, dirty)],
    ['Referenced', resident],
    ['Anonymous', mapping.object ? Math.min(unique, dirty) : resident],
    ['Swap', 0],
  ];
  return (
    mapsLine(mapping) + lines.map(([name, size]) => `${`${name}:`.padEnd(16)}${String(size).padStart(8)} kB\n`).join('')
  );
}

/** /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst): bit 63 present, 61 file or shared, 56 exclusive. */
function pagemap(kernel: Kernel, process: ThreadGroup): Generate {
  return (offset, into) => {
    const space = label(kernel, process);
    if (space === undefined) return 0;
    if (offset % 8 !== 0 || into.length % 8 !== 0) return fail(Errno.EINVAL);
    const { end } = kernel.provider.range(process.space!);
    const start = (offset / 8) * PAGE_SIZE;
    const count = Math.max(0, Math.min(into.length / 8, (end - start) / PAGE_SIZE));
    const view = new DataView(into.buffer, into.byteOffset, count * 8);
    into.fill(0, 0, count * 8);
    const range = { start: start as VirtAddr, end: (start + count * PAGE_SIZE) as VirtAddr };
    const { inspector } = kernel.provider;
    const fileBacked = inspector.mappings(space).filter((mapping) => mapping.object);
    inspector.forEachPage(space, range, ({ va, frame, refcount }) => {
      const ofFile = fileBacked.some((mapping) => va >= mapping.start && va < mapping.end);
      const bits = (1n << 63n) | (ofFile ? 1n << 61n : 0n) | (refcount === 1 ? 1n << 56n : 0n);
      view.setBigUint64(((va - start) / PAGE_SIZE) * 8, bits | BigInt(frame), true);
    });
    return count * 8;
  };
}

interface Sizes {
  /** Pages mapped, and present. */
  readonly mapped: number;
  readonly resident: number;
}

function sizesOf(kernel: Kernel, process: ThreadGroup): Sizes {
  let [mapped, resident] = [0, 0];
  for (const mapping of mappingsOf(kernel, process)) {
    mapped += (mapping.end - mapping.start) / PAGE_SIZE;
    pagesOf(kernel, process, mapping, () => resident++);
  }
  return { mapped, resident };
}

function stateLetter(process: ThreadGroup): string {
  if (process.state !== 'running') return 'Z';
  if (process.stopped) return 'T';
  return process.tasks.some((task) => task.state === 'runnable') ? 'R' : 'S';
}

const STATE_NAMES: Readonly<Record<string, string>> = { Z: 'zombie', T: 'stopped', R: 'running', S: 'sleeping' };

function status(kernel: Kernel, process: ThreadGroup): string {
  const { mapped, resident } = sizesOf(kernel, process);
  const letter = stateLetter(process);
  const kilobytes = (pages: number): string => `${String((pages * PAGE_SIZE) / 1024).padStart(8)} kB`;
  const ids = (id: number): string => Array<number>(4).fill(id).join('\t');
  const [leader] = process.tasks;
  const lines: readonly (readonly [string, string | number])[] = [
    ['Name', leader?.comm ?? ''],
    ['Umask', process.fileSystem.umask.toString(8).padStart(4, '0')],
    ['State', `${letter} (${STATE_NAMES[letter]})`],
    ['Tgid', process.pid],
    ['Pid', process.pid],
    ['PPid', process.parentPid],
    ['TracerPid', 0],
    ['Uid', ids(USER_ID)],
    ['Gid', ids(GROUP_ID)],
    ['VmSize', kilobytes(mapped)],
    ['VmRSS', kilobytes(resident)],
    ['Threads', process.tasks.length],
    ['SigBlk', (leader?.mask ?? 0n).toString(16).padStart(16, '0')],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function statLine(kernel: Kernel, process: ThreadGroup): string {
  const { mapped, resident } = sizesOf(kernel, process);
  const ticks = Math.floor(process.instructions() / 1e7);
  const head = [process.pid, `(${process.tasks[0]?.comm ?? ''})`, stateLetter(process), process.parentPid];
  const fields = [process.processGroup, process.session, 0, -1, 0, 0, 0, 0, 0, ticks, 0, 0, 0, 20, 0];
  return [...head, ...fields, process.tasks.length, 0, 0, mapped * PAGE_SIZE, resident].join(' ') + '\n';
}

function statmLine(kernel: Kernel, process: ThreadGroup): string {
  const { mapped, resident } = sizesOf(kernel, process);
  return `${mapped} ${resident} 0 0 0 0 0\n`;
}
