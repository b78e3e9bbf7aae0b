import { entryViews, rootTable, type TablePlace } from '../../inspect/table-view.ts';
import type { EntryView } from '../../inspect/view.ts';
import type { Process } from '../../linux/process.ts';
import type { Machine } from '../../machine/machine.ts';
import { toHex, type FrameNumber } from '../../memory/address.ts';
import { namesText } from '../../program/names/memory-name.ts';
import type { MemoryNames } from '../../program/names/memory-names.ts';
import { namedEntries } from '../../program/names/named-views.ts';
import { memoryReference } from '../memory-reference.ts';
import { sliced, type Container, type Row } from '../variable-store.ts';

/** The valid entries of the root table; each expands to the table that it points to, down to the pages. */
export function pageTableScope(machine: Machine, names: MemoryNames, process: Process): Container | undefined {
  if (!process.space) return undefined;
  const { root } = machine.inspector.view(process.space);
  return table(machine, names, process, rootTable(machine, root));
}

function table(machine: Machine, names: MemoryNames, process: Process, place: TablePlace): Container {
  const entries = entryViews(machine, place);
  return {
    indexed: entries.length,
    children: (slice) =>
      namedEntries(names, process, [...sliced(entries, slice)]).map((entry) => row(machine, names, process, entry)),
    watched(name) {
      const entry = entries.find((one) => nameOf(one) === name);
      return entry
        ? { kind: 'pte', pid: process.pid, address: Number(entry.start), level: entry.level }
        : { error: `there is no entry ${name}` };
    },
  };
}

function row(machine: Machine, names: MemoryNames, process: Process, entry: EntryView): Row {
  const next =
    entry.kind === 'table'
      ? table(machine, names, process, {
          table: entry.frame as FrameNumber,
          level: entry.level - 1,
          base: Number(entry.start),
        })
      : undefined;
  return {
    name: nameOf(entry),
    value: entryText(entry),
    presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    ...(next ? {} : { memoryReference: memoryReference(process.pid, BigInt(entry.start)) }),
    parts: next,
  };
}

function nameOf({ index, start }: EntryView): string {
  return `[${index}] ${start}`;
}

function entryText({ kind, level, frame, children, flags, decoded, pte, names = [] }: EntryView): string {
  const here = names.length > 0 ? `${namesText(names)} — ` : '';
  if (kind === 'leaf') return `${here}frame ${toHex(frame)}, ${pte} ${flags}: ${decoded}`;
  return `level ${level - 1} table in frame ${toHex(frame)}, ${children} valid ${children === 1 ? 'entry' : 'entries'}`;
}
