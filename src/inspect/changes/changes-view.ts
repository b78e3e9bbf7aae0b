import { NO_FRAME, toHex } from '../../memory/address.ts';
import { pteFrame } from '../../memory/pte.ts';
import { permissionText } from '../mapping-view.ts';
import type { ChangedPageView, ChangesView, PageChangeKind } from '../view.ts';
import type { ChangeMarks } from './change-marks.ts';
import type { Changes, MemoryChanges } from './change-tracker.ts';
import { mappingChangeText } from './mapping-changes.ts';
import { changesWithin } from './page-changes.ts';

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

/** Which changes are asked for: all without anything. */
export interface ChangesAsked {
  /** Those of this process. */
  readonly pid?: number | undefined;
  /** Of the pages those in `[start, end)` and of this kind, the `count` ones from the `skip`-th on. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly kind?: PageChangeKind | undefined;
  readonly skip: number;
  readonly count: number;
}

/**
 * What has changed since the last stop, as a document.
 * @param names what lies in a page of a process
 */
export function changesView(
  changes: Changes,
  marks: ChangeMarks,
  names: (pid: number, va: number) => readonly string[],
  { pid: whose, start = 0, end = Infinity, kind: which, skip, count }: ChangesAsked,
): Omit<ChangesView, 'text'> {
  const isMeant = ({ pids }: MemoryChanges): boolean => whose === undefined || pids.includes(whose);
  const memories = [...changes.memories.values()].filter(isMeant);
  const pages: ChangedPageView[] = [];
  let total = 0;
  for (const memory of memories)
    for (const { va, kind, before, after } of changesWithin(memory.pages, start, end)) {
      if (which === undefined ? kind === 'used' : kind !== which) continue;
      if (total++ < skip || pages.length >= count) continue;
      const [pid = 0] = whose === undefined ? memory.pids : [whose];
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
    processes: changes.processes.filter(({ pid }) => whose === undefined || pid === whose),
    mappings: memories.flatMap(({ pids: [first = 0], mappings }) =>
      mappings.map((change) => ({
        pid: whose ?? first,
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
