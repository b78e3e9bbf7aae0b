import { ClockId } from './abi/flags.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';
import type { ThreadGroup } from './thread-group.ts';

/** Whose running time a clock counts: a thread's, or a whole process's. */
export interface CpuClock {
  readonly process: ThreadGroup;
  readonly thread: Thread | undefined;
}

/** A clock of clock_getcpuclockid(3): a pid or tid, inverted, above these bits. */
const PER_THREAD = 4;
const KIND = 3;
const SCHED = 2;

/** The CPU clock with this id, as the current thread names it; `undefined` where there is none. */
export function cpuClock({ current, processes, lifeCycle }: Kernel, id: number): CpuClock | undefined {
  const { process } = current!;
  if (id === (ClockId.ProcessCpu as number)) return { process, thread: undefined };
  if (id === (ClockId.ThreadCpu as number)) return { process, thread: current };
  if (id >= 0 || (id & KIND) > SCHED) return undefined;
  const target = ~(id >> 3);
  if (id & PER_THREAD) {
    const thread = target === 0 ? current : lifeCycle.thread(target);
    return thread?.process === process ? { process, thread } : undefined;
  }
  const other = target === 0 ? process : processes.get(target);
  return other && { process: other, thread: undefined };
}

/** Nanoseconds on a CPU clock. */
export function cpuTime(kernel: Kernel, { process, thread }: CpuClock): number {
  kernel.account();
  return thread ? thread.usage.instructions : process.instructions();
}
