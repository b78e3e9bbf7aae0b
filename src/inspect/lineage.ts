import type { LineageView } from './view.ts';

/** The processes that `pid` forked; without it those whose forker is gone, or that nobody forked. */
export function forkedBy(lineage: readonly LineageView[], pid: number | undefined): readonly LineageView[] {
  const known = new Set(lineage.map((process) => process.pid));
  return lineage.filter(
    ({ forkedFrom }) => (forkedFrom !== undefined && known.has(forkedFrom) ? forkedFrom : undefined) === pid,
  );
}
