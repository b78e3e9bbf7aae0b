import { toHex, type VirtAddr } from '../../memory/address.ts';
import type { Mapping } from '../../platform/mapping.ts';
import { mappingName, permissionText } from '../mapping-view.ts';

/** What has become of a part of the address space. */
export interface MappingChange {
  readonly kind: 'made' | 'removed' | 'changed';
  /** The part that is different. */
  readonly start: VirtAddr;
  readonly end: VirtAddr;
  /** The mapping that is about it: as it is now, or, of one that is gone, as it was. */
  readonly mapping: Mapping;
  /** `grew by 132 KiB`, `rw-p is now r--p`, `made`. */
  readonly text: string;
}

/** How two lists of mappings differ, in order of addresses. */
export function compareMappings(before: readonly Mapping[], after: readonly Mapping[]): MappingChange[] {
  if (before === after) return [];
  // What an edit has not touched is the same object in both.
  const known = new Set(before);
  const kept = new Set(after.filter((mapping) => known.has(mapping)));
  const old = before.filter((mapping) => !kept.has(mapping));
  const now = after.filter((mapping) => !kept.has(mapping));
  const edges = [...new Set([...old, ...now].flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const changes: MappingChange[] = [];
  let [inOld, inNow] = [0, 0];
  for (const [index, start] of edges.slice(0, -1).entries()) {
    while (inOld < old.length && old[inOld].end <= start) inOld++;
    while (inNow < now.length && now[inNow].end <= start) inNow++;
    const was = holding(old[inOld], start);
    const is = holding(now[inNow], start);
    if (!was && !is) continue;
    const change = changeOf(was, is, start, edges[index + 1], old, now);
    const last = changes.at(-1);
    // One mapping that took the place of several.
    if (
      change &&
      last?.mapping === change.mapping &&
      last.end === start &&
      last.kind === change.kind &&
      change.kind === 'made'
    )
      changes[changes.length - 1] = { ...last, end: change.end };
    else if (change) changes.push(change);
  }
  return changes;
}

function holding(mapping: Mapping | undefined, va: VirtAddr): Mapping | undefined {
  return mapping && mapping.start <= va ? mapping : undefined;
}

function changeOf(
  was: Mapping | undefined,
  is: Mapping | undefined,
  start: VirtAddr,
  end: VirtAddr,
  old: readonly Mapping[],
  now: readonly Mapping[],
): MappingChange | undefined {
  if (!was) {
    const grown = old.some((one) => isSame(one, is!) && one.start < is!.end && is!.start < one.end);
    const text = grown ? `grew by ${sizeText(start, end)}` : 'made';
    return { kind: grown ? 'changed' : 'made', start, end, mapping: is!, text };
  }
  if (!is) {
    const rest = now.find((one) => isSame(one, was) && one.start < was.end && was.start < one.end);
    return rest
      ? { kind: 'changed', start, end, mapping: rest, text: `shrank by ${sizeText(start, end)}` }
      : { kind: 'removed', start, end, mapping: was, text: 'removed' };
  }
  if (isSame(was, is)) return undefined;
  const [from, to] = [permissionText(was), permissionText(is)];
  const isOther = was.name !== is.name || was.object !== is.object;
  const text = isOther || from === to ? `replaces ${mappingName(was)}` : `${from} is now ${to}`;
  return { kind: 'changed', start, end, mapping: is, text };
}

/** Whether two mappings have the same pages where both are. */
function isSame(one: Mapping, other: Mapping): boolean {
  return (
    one.permissions === other.permissions &&
    one.sharing === other.sharing &&
    one.object === other.object &&
    one.name === other.name &&
    (!one.object || one.offset - one.start === other.offset - other.start)
  );
}

function sizeText(start: VirtAddr, end: VirtAddr): string {
  return `${(end - start) / 1024} KiB`;
}

/** `[heap] grew by 132 KiB`, `mapping of anonymous memory at 0x3ff7f000 made`. */
export function mappingChangeText({ mapping, start, text }: MappingChange): string {
  const name = mappingName(mapping);
  return `${name.startsWith('[') ? name : `mapping of ${name.slice(name.lastIndexOf('/') + 1)} at ${toHex(start)}`} ${text}`;
}
