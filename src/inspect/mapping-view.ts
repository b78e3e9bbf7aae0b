import { toHex, virtAddr } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Machine } from '../machine/machine.ts';
import type { Mapping } from '../platform/mapping.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import type { MappingView } from './view.ts';

/** All that any space may map (Sv48's user half). */
export const WHOLE_SPACE = { start: virtAddr(0), end: virtAddr(2 ** 47) };

/** Permissions as /proc/PID/maps prints them: `rw-p`. */
export function permissionText(mapping: Pick<Mapping, 'permissions' | 'sharing'>): string {
  const { permissions, sharing } = mapping;
  return [
    permissions & Pte.R ? 'r' : '-',
    permissions & Pte.W ? 'w' : '-',
    permissions & Pte.X ? 'x' : '-',
    sharing === 'shared' ? 's' : 'p',
  ].join('');
}

/** What to call a mapping in a sentence: its name, or what it is. */
export function mappingName(mapping: Pick<Mapping, 'name' | 'sharing'>): string {
  return mapping.name || (mapping.sharing === 'shared' ? 'shared anonymous memory' : 'anonymous memory');
}

/** Which of many rows are wanted: `count` from the `skip`-th on. */
export interface RowSlice {
  readonly skip: number;
  readonly count: number;
}

const ALL: RowSlice = { skip: 0, count: Infinity };

/** Mappings of a space in address order, with counts of their present pages. */
export function mappingViews(
  machine: Machine,
  space: number,
  marks?: ChangeMarks,
  { skip, count }: RowSlice = ALL,
): MappingView[] {
  const { inspector } = machine;
  const mappings = inspector.mappings(space).slice(skip, skip + count);
  if (mappings.length === 0) return [];
  const views = mappings.map((mapping) => ({
    mapping,
    counts: { present: 0, cow: 0, shared: 0 },
    recounted: 0,
  }));
  const isRecounted = marks?.recounted(space);
  const isShared = inspector.sharing(space);
  let at = 0;
  inspector.forEachEntry(space, { start: mappings[0].start, end: mappings.at(-1)!.end }, (va, pte) => {
    while (at < views.length && views[at].mapping.end <= va) at++;
    const view = views[at];
    if (!view || va < view.mapping.start) return;
    view.counts.present++;
    if (pte & Pte.CoW) view.counts.cow++;
    if (isShared(va, pte)) view.counts.shared++;
    if (isRecounted?.(va, pte)) view.recounted++;
  });
  return views.map(({ mapping, counts, recounted }) => {
    const changed = marks?.mapping(space, mapping.start, mapping.end, recounted);
    return {
      start: toHex(mapping.start),
      end: toHex(mapping.end),
      perms: permissionText(mapping),
      name: mapping.name,
      ...counts,
      ...(changed ? { changed } : {}),
    };
  });
}
