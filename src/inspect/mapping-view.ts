import { toHex } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Machine } from '../machine/machine.ts';
import type { Mapping } from '../platform/mapping.ts';
import type { MappingView } from './view.ts';

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

/** The mappings of a space in address order, with counts of their present pages. */
export function mappingViews(machine: Machine, space: number): MappingView[] {
  const { inspector } = machine;
  return inspector.mappings(space).map((mapping) => {
    let present = 0;
    let cow = 0;
    inspector.forEachPage(space, mapping, (page) => {
      present++;
      if (page.pte & Pte.CoW) cow++;
    });
    return {
      start: toHex(mapping.start),
      end: toHex(mapping.end),
      perms: permissionText(mapping),
      name: mapping.name,
      present,
      cow,
    };
  });
}
