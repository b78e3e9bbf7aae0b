import type { Snapshot } from '../inspect/snapshot.ts';
import { pidList } from '../inspect/page-view.ts';
import { namesText } from '../program/names/memory-name.ts';
import { toHex } from '../memory/address.ts';
import { platformLines } from './platform-text.ts';

/** The snapshot as text for a terminal: one table of mappings and one of pages for each process. */
export function snapshotText(snapshot: Snapshot): string {
  const { stop, frames, processes } = snapshot;
  const lines = [
    ...(stop.why ? [stop.why] : []),
    `stopped at ${[stop.event, stop.cause].filter(Boolean).join(': ')}${stop.access ? ` (${stop.access} at ${stop.va})` : ''}` +
      ` in pid ${stop.pid}, pc ${stop.pc}, after ${stop.n} instructions`,
    ...(stop.text ? [stop.text] : []),
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
        `    ${'address'.padStart(12)}  ${'pte'.padStart(10)}  flags         frame  refs  shared with  holds`,
      );
    for (const page of pages)
      lines.push(
        `    ${page.va.padStart(12)}  ${page.pte.padStart(10)}  ${page.flags}${page.cow ? ' CoW' : '    '}  ` +
          `${toHex(page.frame).padStart(7)}  ${String(page.refcount).padStart(4)}  ` +
          `${page.sharedWith.join(', ').padEnd(11)}  ${namesText(page.names ?? [])}`.trimEnd(),
      );
  }
  lines.push(...platformLines(snapshot), ...ledgerLines(snapshot.ledger), ...snapshot.forkDiffs.flatMap(diffLines));
  return `${lines.join('\n')}\n`;
}

/** Who shares what since which fork, and what was written since. */
function ledgerLines({ forks, pages, forgotten }: Snapshot['ledger']): string[] {
  if (pages.length === 0) return [];
  const lines = ['', 'copy-on-write ledger'];
  const rows = (fork: number | undefined): string[] =>
    pages
      .filter(({ began, forks: shared }) => (shared.length > 0 && fork ? shared.includes(fork) : began?.fork === fork))
      .map(({ va, state, frame, owners, text }) =>
        state === 'broken'
          ? `    ${va.padStart(12)}  ${text}`
          : `    ${va.padStart(12)}  frame ${toHex(frame)} shared by ${pidList(owners.map(({ pid }) => pid))}`,
      );
  for (const { id, child, text, counts, childEnd } of forks)
    lines.push(
      `  fork ${id}: ${text}${childEnd ? `; pid ${child}: ${childEnd.text}` : ''}`,
      `    ${counts}`,
      ...rows(id),
    );
  const others = rows(undefined);
  if (others.length > 0) lines.push('  pages of files', ...others);
  if (forgotten > 0) lines.push(`  ${forgotten} earlier records are forgotten`);
  return lines;
}

/** What two sides of a fork have, page by page. */
function diffLines({ parent, child, counts, text: same, pages }: Snapshot['forkDiffs'][number]): string[] {
  return [
    '',
    `pid ${parent} against its child ${child}: ${counts.split} split, ${counts.new} new, ${counts.unmapped} unmapped, ${same}`,
    ...pages.map(({ va, text, first }) => `    ${va.padStart(12)}  ${text}${first ? `, first at ${first}` : ''}`),
  ];
}
