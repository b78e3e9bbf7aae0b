import { permissionText, mappingName } from '../../inspect/mapping-view.ts';
import { baseName } from '../../inspect/process-view.ts';
import { listedProcesses, spaceOf } from '../../inspect/spaces.ts';
import { statusText } from '../../program/event-text.ts';
import type { Process } from '../../linux/process.ts';
import { PAGE_SIZE, toHex } from '../../memory/address.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { err, ok } from '../../result.ts';
import type { Debuggee } from '../debuggee.ts';
import type { Answer, ConsoleCommand } from './command.ts';

/** Mappings that a list has. */
const MOST_MAPPINGS = 1000;

export const INFERIOR: ConsoleCommand = {
  name: 'inferior',
  aliases: [],
  about: 'select a process by its pid; info inferiors lists them',
  usage: 'inferior [PID]',
  isWhole: true,
  run({ debuggee, at }, rest): Answer {
    if (rest === '') return ok({ text: processLine(debuggee, at.task.process) });
    const process = listedProcesses(debuggee.machine).find(({ pid }) => pid === Number(rest));
    if (!process) return err(`There is no process ${rest}: write info inferiors.`);
    const task = process.tasks.find(({ state }) => state !== 'dead');
    if (!task) return err(`Process ${rest} has ended: it has no thread to look at.`);
    return ok({
      text: `Process ${rest} is selected: ${processLine(debuggee, process)}.`,
      then: () => debuggee.select(task),
    });
  },
};

/** `info inferiors`: the processes, the selected one marked. */
export function processList(debuggee: Debuggee, at: StackFrame): string {
  return listedProcesses(debuggee.machine)
    .map((process) => `${process === at.task.process ? '* ' : '  '}${processLine(debuggee, process)}`)
    .join('\n');
}

function processLine(debuggee: Debuggee, process: Process): string {
  const { pid, parentPid, executable, exitStatus, tasks } = process;
  const threads = tasks.filter(({ state }) => state !== 'dead').length;
  const parts = [
    `pid ${pid}`,
    ...(parentPid > 0 ? [`child of ${parentPid}`] : []),
    baseName(executable),
    exitStatus ? `${statusText(exitStatus)}, not waited for yet` : `${threads} thread${threads === 1 ? '' : 's'}`,
    ...(debuggee.run.isFree(pid) ? ['not followed'] : []),
  ];
  return parts.join(', ');
}

/** `info proc`: of the frame's process, or of the one whose pid is given. */
export function processFacts(debuggee: Debuggee, at: StackFrame, rest: string): Answer {
  const { machine } = debuggee;
  const [, digits, topic = ''] = /^(\d+)?\s*(\w*)$/.exec(rest.trim()) ?? ['', undefined, rest];
  const process = digits === undefined ? at.task.process : machine.process(Number(digits));
  if (!process) return err(`There is no process ${digits}: write info inferiors.`);
  const { pid, parentPid, executable, argv } = process;
  const facts: Readonly<Record<string, () => string>> = {
    '': () =>
      [
        `process ${pid}`,
        `parent ${parentPid}`,
        `exe = '${executable}'`,
        `cmdline = '${argv.join(' ')}'`,
        `platform = '${machine.provider.name}'`,
      ].join('\n'),
    mappings: () => mappingTable(debuggee, process),
    cmdline: () => `cmdline = '${argv.join(' ')}'`,
    exe: () => `exe = '${executable}'`,
  };
  const name = Object.keys(facts).find((one) => (topic === '' ? one === '' : one.startsWith(topic)));
  if (name === undefined) return err('Write info proc, or info proc mappings, cmdline or exe.');
  return ok({ text: facts[name]() });
}

function mappingTable({ machine }: Debuggee, process: Process): string {
  const space = spaceOf(machine, process);
  if (space === undefined) return `Process ${process.pid} has ended: it has no mappings.`;
  const mappings = machine.inspector.mappings(space);
  const rows = mappings.slice(0, MOST_MAPPINGS).map((mapping) => {
    const { start, end, object, offset } = mapping;
    return [
      toHex(start).padEnd(14),
      toHex(end).padEnd(14),
      toHex(end - start).padEnd(10),
      (object ? toHex(offset) : '').padEnd(10),
      permissionText(mapping),
      mappingName(mapping),
    ].join(' ');
  });
  const head = ['Start'.padEnd(14), 'End'.padEnd(14), 'Size'.padEnd(10), 'Offset'.padEnd(10), 'Perm', 'Object'].join(
    ' ',
  );
  const left = mappings.length - rows.length;
  const pages = mappings.reduce((sum, { start, end }) => sum + (end - start) / PAGE_SIZE, 0);
  return [
    `process ${process.pid}, ${mappings.length} mappings, ${pages} pages`,
    head,
    ...rows,
    ...(left > 0 ? [`… and ${left} more`] : []),
  ].join('\n');
}
