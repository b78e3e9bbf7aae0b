import { marked } from '../../inspect/changes/change-text.ts';
import { countValid, entryViews, rootTable, type TablePlace } from '../../inspect/table-view.ts';
import type { EntryView } from '../../inspect/view.ts';
import type { Process } from '../../linux/process.ts';
import { toHex, type FrameNumber } from '../../memory/address.ts';
import { namesText } from '../../program/names/memory-name.ts';
import { namedEntries } from '../../program/names/named-views.ts';
import type { Looked } from '../looked.ts';
import { memoryReference } from '../memory-reference.ts';
import { sliced, type Container, type Row } from '../variable-store.ts';

/** The valid entries of the root table; each expands to the table that it points to, down to the pages. */
export function pageTableScope(looked: Looked, process: Process): Container | undefined {
  if (!process.space) return undefined;
  const { machine } = looked;
  const place = rootTable(machine, machine.inspector.view(process.space).root);
  return table(looked, process, place, countValid(machine, place.table));
}

/** @param count of its valid entries, which are read when it is expanded */
function table(looked: Looked, process: Process, place: TablePlace, count: number): Container {
  const { machine, names, marks } = looked;
  const entries = (): EntryView[] => entryViews(machine, place, machine.provider.label(process.space!), marks);
  return {
    indexed: count,
    children: (slice) =>
      namedEntries(names, process, [...sliced(entries(), slice)]).map((entry) => row(looked, process, entry)),
    watched(name) {
      const entry = entries().find((one) => nameOf(one) === name);
      return entry
        ? { kind: 'pte', pid: process.pid, address: Number(entry.start), level: entry.level }
        : { error: `there is no entry ${name}` };
    },
  };
}

function row(looked: Looked, process: Process, entry: EntryView): Row {
  const { kind, frame, level, start, children } = entry;
  const place = { table: frame as FrameNumber, level: level - 1, base: Number(start) };
  return {
    name: nameOf(entry),
    value: marked(entry, entryText(entry)),
    presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    ...(kind === 'table'
      ? { parts: table(looked, process, place, children) }
      : { memoryReference: memoryReference(process.pid, BigInt(start)) }),
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
