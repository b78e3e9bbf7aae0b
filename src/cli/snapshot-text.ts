import type { Snapshot } from '../inspect/snapshot.ts';
import { toHex } from '../memory/address.ts';
import { platformLines } from './platform-text.ts';

/** The snapshot as text for a terminal: one table of mappings and one of pages for each process. */
export function snapshotText(snapshot: Snapshot): string {
  const { stop, frames, processes } = snapshot;
  const lines = [
    `stopped at ${[stop.event, stop.cause].filter(Boolean).join(': ')}${stop.va ? ` (${stop.access} at ${stop.va})` : ''}` +
      ` in pid ${stop.pid}, pc ${stop.pc}, after ${stop.n} instructions`,
    `frames: ${frames.used} of ${frames.total} used, ${frames.shared} with more than one reference`,
  ];
  for (const { pid, parent, state, platform, root, mappings, pages } of processes) {
    lines.push(
      '',
      `pid ${pid} (parent ${parent}), ${state}, ${platform}${root ? `, root table in frame ${root}` : ''}`,
    );
    if (mappings.length > 0) lines.push('', '  mappings');
    for (const { start, end, perms, name } of mappings)
      lines.push(`    ${start.padStart(12)} - ${end.padStart(12)}  ${perms}  ${name}`.trimEnd());
    if (pages.length > 0)
      lines.push(
        '',
        '  pages',
        `    ${'address'.padStart(12)}  ${'pte'.padStart(10)}  flags         frame  refs  shared with`,
      );
    for (const page of pages)
      lines.push(
        `    ${page.va.padStart(12)}  ${page.pte.padStart(10)}  ${page.flags}${page.cow ? ' CoW' : '    '}  ` +
          `${toHex(page.frame).padStart(7)}  ${String(page.refcount).padStart(4)}  ${page.sharedWith.join(', ')}`.trimEnd(),
      );
  }
  lines.push(...platformLines(snapshot));
  return `${lines.join('\n')}\n`;
}
