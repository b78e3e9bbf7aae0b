import { PAGE_SIZE } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import { ImageSizes, type SpaceSizes } from '../../platform/image-sizes.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { SignalSet } from '../abi/signal-number.ts';
import { GROUP_ID, USER_ID } from '../identity.ts';
import type { Kernel } from '../kernel.ts';
import { isData } from '../memory-budget.ts';
import { SIG_DFL, SIG_IGN } from '../signal-actions.ts';
import { MAX_QUEUED } from '../signal-queue.ts';
import type { Thread } from '../thread.ts';
import type { ThreadGroup } from '../thread-group.ts';
import { objectPages, pagesWhere } from './proc-memory.ts';

/* What /proc/PID says of a process as a whole: its state, identity, sizes and limits. */

/** A process has the state of its first thread. */
function stateLetter(process: ThreadGroup, thread: Thread | undefined): string {
  if (process.state !== 'running') return 'Z';
  if (process.stopped) return 'T';
  return thread?.state === 'runnable' ? 'R' : 'S';
}

const STATE_NAMES: Readonly<Record<string, string>> = { Z: 'zombie', T: 'stopped', R: 'running', S: 'sleeping' };

/** /proc/PID/status, and that of a thread. */
export function status(kernel: Kernel, process: ThreadGroup, thread = process.tasks[0]): string {
  kernel.account();
  const sizes = sizesOf(process);
  const usage = thread?.usage ?? process.pastUsage;
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
    ['VmPeak', kilobytes(sizes.peakMapped / PAGE_SIZE)],
    ['VmSize', kilobytes(sizes.mapped / PAGE_SIZE)],
    ['VmLck', kilobytes(process.lockedMemory.size / PAGE_SIZE)],
    ['VmPin', kilobytes(0)],
    ['VmHWM', kilobytes(sizes.peakPresent)],
    ['VmRSS', kilobytes(sizes.present)],
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
    ['voluntary_ctxt_switches', usage.voluntarySwitches],
    ['nonvoluntary_ctxt_switches', usage.involuntarySwitches],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

/** /proc/PID/stat, and that of a thread, which has used only what it has used itself. */
export function statLine(kernel: Kernel, process: ThreadGroup, only?: Thread): string {
  kernel.account();
  const thread = only ?? process.tasks[0];
  const { mapped, present } = sizesOf(process);
  const { childUsage } = process;
  const usage = only?.usage ?? process.usage();
  const ticks = (instructions: number): number => Math.floor(instructions / 1e7);
  const head = [thread?.tid ?? process.pid, `(${thread?.comm ?? ''})`, stateLetter(process, thread), process.parentPid];
  const nice = thread?.scheduling.nice ?? 0;
  const faults = [usage.faults, childUsage.faults, 0, 0];
  const times = [ticks(usage.instructions), 0, ticks(childUsage.instructions), 0];
  const fields = [process.processGroup, process.session, 0, -1, 0, ...faults, ...times, 20 + nice, nice];
  const sizes = [process.tasks.length, 0, 0, mapped, present, '18446744073709551615'];
  // Addresses are 0, as they are for whoever may not trace the process; then the exit signal, and what is always 0.
  const rest = [...Array<number>(12).fill(0), process.exitSignal, ...Array<number>(14).fill(0)];
  return [...head, ...fields, ...sizes, ...rest].join(' ') + '\n';
}

/** /proc/PID/statm. */
export function statmLine(kernel: Kernel, process: ThreadGroup): string {
  const { mapped, present } = sizesOf(process);
  const [text, data] = [isProgramText(process), isData].map((counts) => pagesWhere(kernel, process, counts));
  return `${mapped / PAGE_SIZE} ${present} ${objectPages(kernel, process)} ${text} 0 ${data} 0\n`;
}

function sizesOf(process: ThreadGroup): SpaceSizes {
  return process.space ? process.memory.sizes : new ImageSizes();
}

function isProgramText({ executable }: ThreadGroup): (mapping: Mapping) => boolean {
  return ({ name, permissions }) => name === executable && (permissions & Pte.X) !== 0;
}

/** A set of signals as status shows it. */
function signals(set: SignalSet | undefined): string {
  return (set ?? 0n).toString(16).padStart(16, '0');
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

/** /proc/PID/limits. */
export function limitsText({ limits }: ThreadGroup): string {
  const row = (cells: readonly string[]): string =>
    `${cells[0].padEnd(26)}${cells[1].padEnd(21)}${cells[2].padEnd(21)}${cells[3].padEnd(10)}\n`;
  const amount = (value: bigint): string => (value === 0xffff_ffff_ffff_ffffn ? 'unlimited' : String(value));
  const rows = LIMIT_NAMES.map(([name, unit], resource) => {
    const { soft, hard } = limits.get(resource)!;
    return row([name, amount(soft), amount(hard), unit]);
  });
  return row(['Limit', 'Soft Limit', 'Hard Limit', 'Units']) + rows.join('');
}
