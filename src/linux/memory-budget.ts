import { PAGE_SIZE } from '../memory/address.ts';
import { Pte } from '../memory/pte.ts';
import type { Mapping } from '../platform/mapping.ts';
import type { SpaceAccess } from '../platform/space-access.ts';
import { Errno, fail } from './abi/errno.ts';
import type { Kernel } from './kernel.ts';
import { Resource } from './resource-limits.ts';
import type { ThreadGroup } from './thread-group.ts';

/** What a process is about to map, in bytes; what it replaces is taken off. */
interface Demand {
  readonly mapped: number;
  /** Of that, private and writable: what counts as data. */
  readonly data: number;
  /** What needs memory of its own sooner or later, unless the process said that it does not care (MAP_NORESERVE). */
  readonly committed: number;
}

/**
 * Refuses with ENOMEM what a process may not map: beyond RLIMIT_AS and RLIMIT_DATA, or at once more than the machine has
 * (Linux's heuristic overcommit, proc(5)).
 */
export function checkBudget({ frames }: Kernel, { limits }: ThreadGroup, access: SpaceAccess, demand: Demand): void {
  if (demand.committed > frames.total * PAGE_SIZE) fail(Errno.ENOMEM);
  const [space, data] = [limits.bytes(Resource.AddressSpace), limits.bytes(Resource.Data)];
  if (space !== Infinity && sizeOf(access, () => true) + demand.mapped > space) fail(Errno.ENOMEM);
  if (data !== Infinity && demand.data > 0 && sizeOf(access, isData) + demand.data > data) fail(Errno.ENOMEM);
}

/** Whether a mapping counts for RLIMIT_DATA. */
export function isData({ sharing, permissions, growth }: Pick<Mapping, 'sharing' | 'permissions' | 'growth'>): boolean {
  return sharing === 'private' && (permissions & Pte.W) !== 0 && growth === 'fixed';
}

function sizeOf(access: SpaceAccess, counts: (mapping: Mapping) => boolean): number {
  return access.mappings().reduce((sum, mapping) => (counts(mapping) ? sum + mapping.end - mapping.start : sum), 0);
}
