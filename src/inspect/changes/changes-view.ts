import { NO_FRAME, toHex } from '../../memory/address.ts';
import { pteFrame } from '../../memory/pte.ts';
import { permissionText } from '../mapping-view.ts';
import type { ChangedPageView, ChangesView } from '../view.ts';
import type { ChangeMarks } from './change-marks.ts';
import type { Changes } from './change-tracker.ts';
import { mappingChangeText } from './mapping-changes.ts';

/** The first stop has nothing to be compared with. */
export const NO_CHANGES: ChangesView = {
  processes: [],
  mappings: [],
  pages: [],
  total: 0,
  counts: {},
  restored: 0,
  recounted: 0,
  unfollowed: 0,
};

/**
 * What has changed since the last stop, as a document: of the pages the `count` ones from the `skip`-th on.
 * @param names what lies in a page of a process
 */
export function changesView(
  changes: Changes,
  marks: ChangeMarks,
  names: (pid: number, va: number) => readonly string[],
  skip: number,
  count: number,
): Omit<ChangesView, 'text'> {
  const memories = [...changes.memories.values()];
  const pages: ChangedPageView[] = [];
  let total = 0;
  for (const memory of memories)
    for (const { va, kind, before, after } of memory.pages) {
      if (kind === 'used' || total++ < skip || pages.length >= count) continue;
      const [pid = 0] = memory.pids;
      const [was, is] = [pteFrame(before), pteFrame(after)];
      pages.push({
        pid,
        va: toHex(va),
        kind,
        ...(was === NO_FRAME ? {} : { before: was }),
        ...(is === NO_FRAME ? {} : { after: is }),
        names: [...names(pid, va)],
        text: marks.pageChange(memory.memory, { va, kind, before, after }),
      });
    }
  const counts: Partial<Record<string, number>> = {};
  for (const memory of memories)
    for (const [kind, number] of Object.entries(memory.counts)) counts[kind] = (counts[kind] ?? 0) + number;
  return {
    since: changes.since,
    processes: changes.processes,
    mappings: memories.flatMap(({ pids: [pid = 0], mappings }) =>
      mappings.map((change) => ({
        pid,
        start: toHex(change.start),
        end: toHex(change.end),
        perms: permissionText(change.mapping),
        name: change.mapping.name,
        kind: change.kind,
        text: mappingChangeText(change),
      })),
    ),
    pages,
    total,
    counts: counts,
    restored: changes.restored,
    recounted: marks.recountedFrames,
    unfollowed: changes.unfollowed,
  };
}
