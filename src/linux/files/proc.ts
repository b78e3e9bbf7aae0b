import { PAGE_SIZE, type VirtAddr } from '../../memory/address.ts';
import { FrameUse } from '../../memory/frames.ts';
import { Pte } from '../../memory/pte.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { PageView } from '../../platform/inspector.ts';
import { Errno, fail } from '../abi/errno.ts';
import type { SignalSet } from '../abi/signal-number.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import { isData } from '../memory-budget.ts';
import { SIG_DFL, SIG_IGN } from '../signal-actions.ts';
import { MAX_QUEUED } from '../signal-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Thread } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { encodeText } from '../user-memory.ts';
import { type Directory, type DirectorySource, GeneratedDirectory } from './directory.ts';
import { type Generate, GeneratedFile, snapshot } from './generated-file.ts';
import type { Inode } from './inode.ts';
import { MOUNT_INFO, MOUNTS, SETTINGS, type SettingTree, SYSTEM_FILES } from './proc-system.ts';
import { DescriptorLink, Symlink } from './symlink.ts';

/** /proc: `self` and a directory a process, with what proc(5) says about memory in particular. */
export function procDirectory(kernel: Kernel, root: Directory): Directory {
  const self = new Symlink(kernel.files.numbers.next(), () => String(kernel.current?.process.pid ?? 1));
  const threadSelf = new Symlink(kernel.files.numbers.next(), () => {
    const { current } = kernel;
    return current ? `${current.process.pid}/task/${current.tid}` : '1/task/1';
  });
  const source: DirectorySource = {
    lookup: (name) => {
      if (name === 'self') return self;
      if (name === 'thread-self') return threadSelf;
      const process = /^\d+$/.test(name) ? kernel.processes.get(Number(name)) : undefined;
      if (process) return processDirectory(kernel, process, root);
      if (name === 'sys') return settings(kernel, root, 'sys', SETTINGS);
      return SYSTEM_FILES[name] && text(kernel, () => SYSTEM_FILES[name](kernel));
    },
    names: () => [
      'self',
      'sys',
      'thread-self',
      ...Object.keys(SYSTEM_FILES),
      ...[...kernel.processes.keys()].map(String),
    ],
  };
  return new GeneratedDirectory(kernel.files.numbers.next(), root, 'proc', source);
}

/** Part of /proc/sys. */
function settings(kernel: Kernel, parent: Directory, name: string, tree: SettingTree): Directory {
  const directory: Directory = new GeneratedDirectory(kernel.files.numbers.next(), parent, name, {
    lookup: (entry) => {
      const found = Object.hasOwn(tree, entry) ? tree[entry] : undefined;
      if (found === undefined) return undefined;
      return typeof found === 'object'
        ? settings(kernel, directory, entry, found)
        : text(kernel, () => `${typeof found === 'string' ? found : found(kernel)}\n`);
    },
    names: () => Object.keys(tree),
  });
  return directory;
}

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
    smaps_rollup: () => text(kernel, () => rollup(kernel, process)),
    environ: () => new GeneratedFile(kernel.files.numbers.next(), () => snapshot(process.environment)),
    limits: () => text(kernel, () => limitsText(process)),
    mounts: () => text(kernel, () => MOUNTS),
    mountinfo: () => text(kernel, () => MOUNT_INFO),
    cgroup: () => text(kernel, () => '0::/\n'),
    personality: () => text(kernel, () => `${process.personality.toString(16).padStart(8, '0')}\n`),
    mem: () => new GeneratedFile(kernel.files.numbers.next(), () => memory(process)),
    oom_score: () => text(kernel, () => '0\n'),
    oom_score_adj: () => text(kernel, () => '0\n'),
    wchan: () => text(kernel, () => (process.tasks[0]?.wait ? 'wait' : '0')),
    task: () => new GeneratedDirectory(kernel.files.numbers.next(), parent, 'task', threads(kernel, process)),
    fdinfo: () =>
      new GeneratedDirectory(kernel.files.numbers.next(), parent, 'fdinfo', descriptorFacts(kernel, process)),
    statm: () => text(kernel, () => statmLine(kernel, process)),
    comm: () => text(kernel, () => `${process.tasks[0]?.comm ?? ''}\n`),
    cmdline: () => text(kernel, () => (process.space ? process.argv.map((argument) => `${argument}\0`).join('') : '')),
    exe: () => new Symlink(kernel.files.numbers.next(), () => (process.space ? process.executable : '')),
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

/** /proc/PID/fdinfo (proc_pid_fdinfo(5)). */
function descriptorFacts(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const file = /^\d+$/.test(name) ? process.files.find(Number(name)) : undefined;
      if (!file) return undefined;
      const { inode } = file.attributes();
      return text(
        kernel,
        () => `pos:\t${file.position}\nflags:\t0${file.flags.toString(8)}\nmnt_id:\t1\nino:\t${inode}\n`,
      );
    },
    names: () => process.files.numbers().map(String),
  };
}

/** /proc/PID/task: a directory a thread, with its name and state. */
function threads(kernel: Kernel, process: ThreadGroup): DirectorySource {
  return {
    lookup: (name) => {
      const thread = process.liveTasks().find(({ tid }) => String(tid) === name);
      if (!thread) return undefined;
      const files: Record<string, () => Inode> = {
        comm: () => text(kernel, () => `${thread.comm}\n`),
        status: () => text(kernel, () => status(kernel, process, thread)),
        stat: () => text(kernel, () => statLine(kernel, process, thread)),
      };
      return new GeneratedDirectory(kernel.files.numbers.next(), kernel.files.root, name, {
        lookup: (entry) => (Object.hasOwn(files, entry) ? files[entry]() : undefined),
        names: () => Object.keys(files),
      });
    },
    names: () => process.liveTasks().map(({ tid }) => String(tid)),
  };
}

/** /proc/PID/mem: the address is the position. EIO where nothing can be read. */
function memory(process: ThreadGroup): Generate {
  return (offset, into) => {
    if (!process.space || into.length === 0) return 0;
    const read = process.memory.readSome(offset, into);
    return read === 0 ? fail(Errno.EIO) : read;
  };
}

const LIMIT_NAMES: readonly (readonly [string, string])[] = [
  ['Max cpu time', 'seconds'],
  ['Max file size', 'bytes'],
  ['Max data size', 'bytes'],
  ['Max stack size', 'bytes'],
  ['Max core file size', 'bytes'],
  ['Max resident set', 'bytes'],
  ['Max processes', 'processes'],
  ['Max open files', 'files'],
  ['Max locked memory', 'bytes'],
  ['Max address space', 'bytes'],
  ['Max file locks', 'locks'],
  ['Max pending signals', 'signals'],
  ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''],
  ['Max realtime priority', ''],
  ['Max realtime timeout', 'us'],
];

function limitsText({ limits }: ThreadGroup): string {
  const row = (cells: readonly string[]): string =>
    `${cells[0].padEnd(26)}${cells[1].padEnd(21)}${cells[2].padEnd(21)}${cells[3].padEnd(10)}\n`;
  const amount = (value: bigint): string => (value === 0xffff_ffff_ffff_ffffn ? 'unlimited' : String(value));
  const rows = LIMIT_NAMES.map(([name, unit], resource) => {
    const { soft, hard } = limits.get(resource)!;
    return row([name, amount(soft), amount(hard), unit]);
  });
  return row(['Limit', 'Soft Limit', 'Hard Limit', 'Units']) + rows.join('');
}

/** /proc/PID/smaps_rollup: the sums of smaps. */
function rollup(kernel: Kernel, process: ThreadGroup): string {
  const mappings = mappingsOf(kernel, process);
  const [first, last] = [mappings[0], mappings.at(-1)];
  if (!first || !last) return '';
  const sums = new Map<string, number>();
  for (const mapping of mappings)
    for (const [name, size] of sizesIn(kernel, process, mapping)) sums.set(name, (sums.get(name) ?? 0) + size);
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const head = `${hex(first.start)}-${hex(last.end)} ---p 00000000 00:00 0`.padEnd(73) + '[rollup]\n';
  const skipped = ['Size', 'KernelPageSize', 'MMUPageSize'];
  return head + sizeLines([...sums].filter(([name]) => !skipped.includes(name)));
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
  return mapsLine(mapping) + sizeLines(sizesIn(kernel, process, mapping));
}

function sizeLines(sizes: readonly (readonly [string, number])[]): string {
  return sizes.map(([name, size]) => `${`${name}:`.padEnd(16)}${String(size).padStart(8)} kB\n`).join('');
}

/** Sizes of a mapping in kilobytes, as smaps names them. */
function sizesIn(kernel: Kernel, process: ThreadGroup, mapping: Mapping): readonly (readonly [string, number])[] {
  let [resident, proportional, anonymous] = [0, 0, 0];
  // A page stays dirty when a fork shares it, as on Linux: nobody has written it to a disk.
  const shared = { clean: 0, dirty: 0 };
  const unique = { clean: 0, dirty: 0 };
  pagesOf(kernel, process, mapping, (page) => {
    const mappers = mappersOf(kernel, page);
    resident += 4;
    proportional += 4 / mappers;
    if (!isOfObject(kernel, page)) anonymous += 4;
    (mappers > 1 ? shared : unique)[page.pte & Pte.D ? 'dirty' : 'clean'] += 4;
  });
  return [
    ['Size', (mapping.end - mapping.start) / 1024],
    ['KernelPageSize', 4],
    ['MMUPageSize', 4],
    ['Rss', resident],
    ['Pss', Math.floor(proportional)],
    ['Shared_Clean', shared.clean],
    ['Shared_Dirty', shared.dirty],
    ['Private_Clean', unique.clean],
    ['Private_Dirty', unique.dirty],
    ['Referenced', resident],
    ['Anonymous', anonymous],
    ['Swap', 0],
  ];
}

/** Whether a page is a file's or shared memory's own, and not a process's (Linux: not PageAnon). */
function isOfObject({ frames }: Kernel, { frame }: PageView): boolean {
  return frames.useOf(frame) === FrameUse.Object;
}

/** How many processes have a page (Linux's page_mapcount): neither the page cache nor a pin maps it. */
function mappersOf(kernel: Kernel, page: PageView): number {
  return page.refcount - kernel.frames.pins[page.frame] - (isOfObject(kernel, page) ? 1 : 0);
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
    inspector.forEachPage(space, range, (page) => {
      const ofFile = isOfObject(kernel, page) ? 1n << 61n : 0n;
      const exclusive = mappersOf(kernel, page) === 1 ? 1n << 56n : 0n;
      view.setBigUint64(
        ((page.va - start) / PAGE_SIZE) * 8,
        (1n << 63n) | ofFile | exclusive | BigInt(page.frame),
        true,
      );
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

/** A process has the state of its first thread. */
function stateLetter(process: ThreadGroup, thread: Thread | undefined): string {
  if (process.state !== 'running') return 'Z';
  if (process.stopped) return 'T';
  return thread?.state === 'runnable' ? 'R' : 'S';
}

const STATE_NAMES: Readonly<Record<string, string>> = { Z: 'zombie', T: 'stopped', R: 'running', S: 'sleeping' };

function status(kernel: Kernel, process: ThreadGroup, thread = process.tasks[0]): string {
  const { mapped, resident } = sizesOf(kernel, process);
  const letter = stateLetter(process, thread);
  const kilobytes = (pages: number): string => `${String((pages * PAGE_SIZE) / 1024).padStart(8)} kB`;
  const ids = (id: number): string => Array<number>(4).fill(id).join('\t');
  const lines: readonly (readonly [string, string | number])[] = [
    ['Name', thread?.comm ?? ''],
    ['Umask', process.fileSystem.umask.toString(8).padStart(4, '0')],
    ['State', `${letter} (${STATE_NAMES[letter]})`],
    ['Tgid', process.pid],
    ['Pid', thread?.tid ?? process.pid],
    ['PPid', process.parentPid],
    ['TracerPid', 0],
    ['Uid', ids(USER_ID)],
    ['Gid', ids(GROUP_ID)],
    ['FDSize', 64],
    ['Groups', ''],
    ['VmPeak', kilobytes(mapped)],
    ['VmSize', kilobytes(mapped)],
    ['VmLck', kilobytes(process.lockedMemory.size / PAGE_SIZE)],
    ['VmPin', kilobytes(0)],
    ['VmHWM', kilobytes(resident)],
    ['VmRSS', kilobytes(resident)],
    ['VmData', kilobytes(pagesWhere(kernel, process, isData))],
    ['VmStk', kilobytes(pagesWhere(kernel, process, ({ growth }) => growth === 'down'))],
    ['VmExe', kilobytes(pagesWhere(kernel, process, isProgramText(process)))],
    ['VmSwap', kilobytes(0)],
    ['Threads', process.tasks.length],
    ['SigQ', `0/${MAX_QUEUED}`],
    ['SigPnd', signals(thread?.pending.set)],
    ['ShdPnd', signals(process.pending.set)],
    ['SigBlk', signals(thread?.mask)],
    ['SigIgn', signals(process.actions.matching((handler) => handler === SIG_IGN))],
    ['SigCgt', signals(process.actions.matching((handler) => handler !== SIG_IGN && handler !== SIG_DFL))],
    ...['CapInh', 'CapPrm', 'CapEff'].map((name) => [name, signals(0n)] as const),
    ['CapBnd', '000001ffffffffff'],
    ['CapAmb', signals(0n)],
    ['NoNewPrivs', Number(thread?.noNewPrivileges ?? false)],
    ['Seccomp', 0],
    ['Cpus_allowed', 1],
    ['Cpus_allowed_list', 0],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function statLine(kernel: Kernel, process: ThreadGroup, thread = process.tasks[0]): string {
  const { mapped, resident } = sizesOf(kernel, process);
  const ticks = Math.floor(process.instructions() / 1e7);
  const head = [thread?.tid ?? process.pid, `(${thread?.comm ?? ''})`, stateLetter(process, thread), process.parentPid];
  const nice = thread?.scheduling.nice ?? 0;
  const fields = [process.processGroup, process.session, 0, -1, 0, 0, 0, 0, 0, ticks, 0, 0, 0, 20 + nice, nice];
  const sizes = [process.tasks.length, 0, 0, mapped * PAGE_SIZE, resident, '18446744073709551615'];
  // Addresses are 0, as they are for whoever may not trace the process; then the exit signal, and what is always 0.
  const rest = [...Array<number>(12).fill(0), process.exitSignal, ...Array<number>(14).fill(0)];
  return [...head, ...fields, ...sizes, ...rest].join(' ') + '\n';
}

function statmLine(kernel: Kernel, process: ThreadGroup): string {
  const { mapped, resident } = sizesOf(kernel, process);
  return `${mapped} ${resident} 0 0 0 ${pagesWhere(kernel, process, isData)} 0\n`;
}

function pagesWhere(kernel: Kernel, process: ThreadGroup, counts: (mapping: Mapping) => boolean): number {
  const mappings = mappingsOf(kernel, process).filter(counts);
  return mappings.reduce((sum, { start, end }) => sum + (end - start) / PAGE_SIZE, 0);
}

function isProgramText({ executable }: ThreadGroup): (mapping: Mapping) => boolean {
  return ({ name, permissions }) => name === executable && (permissions & Pte.X) !== 0;
}

/** A set of signals as status shows it. */
function signals(set: SignalSet | undefined): string {
  return (set ?? 0n).toString(16).padStart(16, '0');
}
