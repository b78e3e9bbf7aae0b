import { forkedBy } from '../inspect/lineage.ts';
import type { Snapshot } from '../inspect/snapshot.ts';
import { toHex } from '../memory/address.ts';

/** How the platform keeps the spaces: who was forked by whom and waits for whom, what windows have saved, slots, handles. */
export function platformLines({ lineage, layers, slotCount, slots, handles }: Snapshot): string[] {
  const live = handles.filter(({ state }) => state === 'live').length;
  return [
    '',
    'lineage',
    ...lineageLines(lineage, undefined, '  '),
    ...layers.flatMap(layerLines),
    ...(slotCount > 0 ? ['', `slots: ${slots.length} of ${slotCount} in use`, ...slots.map(slotLine)] : []),
    '',
    `handles: ${live} live, ${handles.length - live} consumed`,
    ...handles.map(handleLine),
  ];
}

function lineageLines(lineage: Snapshot['lineage'], forker: number | undefined, indent: string): string[] {
  return forkedBy(lineage, forker).flatMap(({ pid, name, state, space, gate, forkedFrom }) => {
    const facts = [
      state === 'zombie' ? 'has exited' : `space ${space}`,
      forker === undefined && forkedFrom !== undefined ? `forked by pid ${forkedFrom}, which is gone` : '',
      gate ?? '',
    ];
    return [`${indent}pid ${pid} ${name}: ${joined(facts)}`, ...lineageLines(lineage, pid, `${indent}  `)];
  });
}

function layerLines({ start, depth, parents, children, present, saved, gate, pages }: Snapshot['layers'][0]): string[] {
  const head = [
    `pages of ${processes(parents) || 'a process that was killed'}`,
    children.length > 0 ? `${processes(children)} in them` : '',
    `${saved} of ${present} saved`,
    `gate ${gate.state}${gate.reason ? `: ${gate.reason}` : ''}`,
  ];
  return [
    '',
    `snapshot layer ${depth} at ${start}: ${joined(head)}`,
    ...pages.map(({ va, kind, flags, cow, frame, savedIn, explanation }) => {
      const copy = savedIn === undefined ? '' : `in ${toHex(savedIn)}`;
      return `  ${va.padStart(14)}  ${kind.padEnd(5)}  ${flags}${cow ? ' CoW' : '    '}  ${toHex(frame).padStart(7)}  ${copy.padEnd(10)}  ${explanation}`;
    }),
  ];
}

function slotLine({ index, start, end, processes: here, reservedFor }: Snapshot['slots'][0]): string {
  const reserved = reservedFor.length > 0 ? `reserved for ${processes(reservedFor)}` : '';
  return `  ${String(index).padStart(4)}  ${start.padStart(12)} - ${end.padStart(12)}  ${joined([processes(here), reserved]) || 'nobody'}`;
}

function handleLine({ space, processes: pids, parent, state, createdBy, consumedBy }: Snapshot['handles'][0]): string {
  const facts = [
    parent === undefined ? '' : `forked from space ${parent}`,
    `made by ${createdBy[0] ?? '?'}`,
    consumedBy ? `consumed by ${consumedBy[0] ?? '?'}` : '',
  ];
  return `  space ${space}${pids.length > 0 ? ` of ${processes(pids)}` : ''}, ${state}: ${joined(facts)}`;
}

function processes(pids: readonly number[]): string {
  return pids.length > 0 ? `pid ${pids.join(', ')}` : '';
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('; ');
}
