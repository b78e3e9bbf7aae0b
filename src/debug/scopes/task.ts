import { statusText } from '../../program/event-text.ts';
import { signalBit, signalName, type SignalSet } from '../../linux/abi/signal-number.ts';
import type { Process } from '../../linux/process.ts';
import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { sliced, type Container, type Row } from '../variable-store.ts';

const MOST_SIGNALS = 64;

/** Who the task is, where it comes from, and what it does. */
export function taskScope(machine: Machine, task: Task): Container {
  return {
    children: (slice) =>
      sliced(facts(machine, task), slice).map(([name, value]): Row => ({
        name,
        value,
        presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
      })),
  };
}

function facts(machine: Machine, task: Task): [string, string][] {
  const { process, tid, comm } = task;
  const thread = machine.kernel.tasks().find((one) => one === task);
  const children = [...machine.kernel.processes.values()].filter(({ parentPid }) => parentPid === process.pid);
  return [
    ['pid', String(process.pid)],
    ['tid', String(tid)],
    ['name', comm],
    ['parent', process.parentPid === 0 ? 'none' : String(process.parentPid)],
    ['lineage', lineage(machine, process).join(' ← ')],
    ['children', children.map(childText).join(', ') || 'none'],
    ['program', process.executable],
    ['arguments', process.argv.join(' ')],
    ['state', task.state === 'blocked' ? `waits: ${task.wait?.reason ?? 'unknown'}` : task.state],
    [
      'threads',
      process.tasks
        .filter(({ state }) => state !== 'dead')
        .map((one) => one.tid)
        .join(', '),
    ],
    ['signals blocked', signals(thread?.mask ?? 0n)],
    ['signals pending', signals(thread?.pending.set ?? 0n)],
  ];
}

/** The names of a set of signals. */
function signals(set: SignalSet): string {
  const names: string[] = [];
  for (let signal = 1; signal <= MOST_SIGNALS; signal++) if (set & signalBit(signal)) names.push(signalName(signal));
  return names.join(', ') || 'none';
}

/** The process and those that it was forked from, whoever is its parent now. */
function lineage(machine: Machine, process: Process): number[] {
  const pids = [process.pid];
  for (let from = process.forkedFrom; from !== undefined && !pids.includes(from);) {
    pids.push(from);
    from = machine.process(from)?.forkedFrom;
  }
  return pids;
}

function childText({ pid, state, exitStatus }: Process): string {
  return state === 'running' || !exitStatus ? String(pid) : `${pid} (${statusText(exitStatus)})`;
}
