import type { Task } from '../linux/task.ts';
import { toHex } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import { listedProcesses, pidsBySpace, spaceOf } from './spaces.ts';
import type { ProcessView, ThreadView } from './view.ts';

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Every process that exists, oldest first. */
export function processViews(machine: Machine, marks?: ChangeMarks): ProcessView[] {
  const pids = pidsBySpace(machine);
  return listedProcesses(machine).map((process) => {
    const space = spaceOf(machine, process);
    const changed = marks?.process(process.pid);
    return {
      pid: process.pid,
      parent: process.parentPid,
      name: baseName(process.executable),
      state: process.state === 'zombie' ? 'zombie' : 'running',
      platform: machine.provider.name,
      root: process.space && toHex(machine.inspector.view(process.space).root),
      threads: process.tasks.filter((task) => task.state !== 'dead').map(threadView),
      sameSpaceAs: space === undefined ? [] : pids.get(space)!.filter((pid) => pid !== process.pid),
      ...(changed ? { changed } : {}),
    };
  });
}

function threadView(task: Task): ThreadView {
  return {
    tid: task.tid,
    name: task.comm,
    state: task.state === 'blocked' ? (task.wait?.reason ?? 'blocked') : 'running',
  };
}
