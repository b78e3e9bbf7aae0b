import { Resource } from '../../linux/resource-limits.ts';
import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { PAGE_SIZE } from '../../memory/address.ts';
import { X } from '../../riscv/registers.ts';
import { CallStack } from '../call-stack.ts';
import type { ImageTable } from '../images.ts';
import type { MemoryNames } from '../names/memory-names.ts';

/** Frames that are counted one by one. */
const MOST_COUNTED = 400;
/** How far below its stack pointer a function accesses its frame at most. */
const NEAR = 2 ** 20;

/** What is said of an access below a stack that has no room left; `undefined` for any other access. */
export function stackOverflow(
  machine: Machine,
  images: ImageTable,
  names: MemoryNames,
  task: Task,
  va: bigint,
): string | undefined {
  const sp = Number(machine.registers(task).x(X.Sp));
  const address = Number(va);
  if (Math.abs(address - sp) > NEAR || !task.process.space) return undefined;
  const mappings = machine.inspector.mappings(machine.provider.label(task.process.space));
  const { alternateStack } = task;
  const above = mappings.find(({ end }) => end > Math.max(address, sp));
  if (!above) return undefined;
  const isInside = above.start <= address && address < above.end;
  const isGuard = isInside && above.permissions === 0;
  // What grows down ends where its limit is, a thread's stack at its guard page.
  const stack = isGuard ? mappings.find(({ start }) => start === above.end) : above;
  if (!stack || (isInside && !isGuard)) return undefined;
  const isAlternate = alternateStack.size > 0 && isNear(sp, alternateStack.start);
  const isMain = stack.growth === 'down' && stack.name === '[stack]';
  const isOfThread = isGuard || names.isStack(task.process, stack.start);
  if (!isAlternate && !isMain && !isOfThread) return undefined;
  const recursion = recursionText(machine, images, task, stack.end - sp);
  const what = isAlternate
    ? `the alternative signal stack of thread ${task.tid} (${sizeText(alternateStack.size)}) is used up`
    : isMain
      ? mainText(limitOf(machine, task), stack.end - address)
      : `the guard page of the stack of thread ${task.tid} (${sizeText(stack.end - stack.start)}) was reached`;
  return `stack overflow: ${what}${recursion ? `; ${recursion}` : ''}`;
}

/** @param depth bytes that the stack would have */
function mainText(limit: number | undefined, depth: number): string {
  if (limit === undefined || depth < limit - NEAR)
    return `the stack of ${sizeText(depth)} cannot grow, other memory is below it`;
  return `the stack has reached its limit of ${sizeText(limit)}`;
}

function isNear(sp: number, start: number): boolean {
  return sp < start + PAGE_SIZE && sp > start - NEAR;
}

function limitOf(machine: Machine, { process }: Task): number | undefined {
  const limit = machine.kernel.processes.get(process.pid)?.limits.bytes(Resource.Stack);
  return limit !== undefined && Number.isFinite(limit) ? limit : undefined;
}

/** Who calls itself, and how often. */
function recursionText(machine: Machine, images: ImageTable, task: Task, used: number): string | undefined {
  const stack = new CallStack(machine, images, task);
  const counts = new Map<string, number>();
  let level = 0;
  let outermost = 0;
  for (; level < MOST_COUNTED; level++) {
    const frame = stack.at(level);
    if (!frame) break;
    counts.set(frame.name, (counts.get(frame.name) ?? 0) + 1);
    outermost = Number(frame.frame.registers.x[X.Sp] ?? 0n);
  }
  const recursive = [...counts].filter(([, count]) => count > level / 8 && count > 2).map(([name]) => name);
  if (recursive.length === 0) return undefined;
  const who = recursive.length === 1 ? `${recursive[0]} calls itself` : `${recursive.join(' and ')} call each other`;
  if (level < MOST_COUNTED) return `${who}, ${level} calls deep`;
  const innermost = Number(machine.registers(task).x(X.Sp));
  const each = (outermost - innermost) / (level - 1);
  return each > 0 ? `${who}, about ${roundText(used / each)} calls deep` : who;
}

/** Two digits that count. */
function roundText(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return String(Math.round(count / unit) * unit);
}

function sizeText(bytes: number): string {
  if (bytes >= 2 ** 20 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
