import { toHex } from '../../memory/address.ts';
import type { Mapping } from '../../platform/mapping.ts';
import { mappingName, permissionText } from '../mapping-view.ts';

/** What has become of a mapping. */
export interface MappingChange {
  readonly kind: 'made' | 'removed' | 'changed';
  /** As it is, or was. */
  readonly mapping: Mapping;
  /** Of a changed one: as it was. */
  readonly before?: Mapping;
  /** `grew by 132 KiB`, `rw-p is now r--p`; of one that was made or removed nothing more. */
  readonly text: string;
}

/** How two lists of mappings differ, in order of addresses. */
export function compareMappings(before: readonly Mapping[], after: readonly Mapping[]): MappingChange[] {
  if (before === after) return [];
  const known = new Set(before);
  const kept = new Set(after.filter((mapping) => known.has(mapping)));
  const gone = before.filter((mapping) => !kept.has(mapping));
  const changes: MappingChange[] = [];
  const told = new Set<Mapping>();
  for (const mapping of after) {
    if (kept.has(mapping)) continue;
    const old = gone.find((one) => one.start < mapping.end && mapping.start < one.end && one.name === mapping.name);
    if (old) told.add(old);
    const text = old && differenceText(old, mapping);
    if (text !== '')
      changes.push({ kind: old ? 'changed' : 'made', mapping, ...(old ? { before: old } : {}), text: text ?? 'made' });
  }
  for (const mapping of gone) if (!told.has(mapping)) changes.push({ kind: 'removed', mapping, text: 'removed' });
  return changes.sort((a, b) => a.mapping.start - b.mapping.start);
}

function differenceText(old: Mapping, mapping: Mapping): string {
  const [was, is] = [permissionText(old), permissionText(mapping)];
  const size = (one: Mapping): number => (one.end - one.start) / 1024;
  const growth = size(mapping) - size(old);
  return [
    ...(was === is ? [] : [`${was} is now ${is}`]),
    ...(growth === 0 ? [] : [`${growth > 0 ? 'grew' : 'shrank'} by ${Math.abs(growth)} KiB`]),
  ].join(', ');
}

/** `[heap] grew by 132 KiB`, `mapping of anonymous memory at 0x3ff7f000 made`. */
export function mappingChangeText({ mapping, text }: MappingChange): string {
  const name = mappingName(mapping);
  const isPlace = name.startsWith('[');
  return `${isPlace ? name : `mapping of ${name.slice(name.lastIndexOf('/') + 1)} at ${toHex(mapping.start)}`} ${text}`;
}
