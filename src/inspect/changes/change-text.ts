import { Pte } from '../../memory/pte.ts';
import type { Changed, PageChangeKind } from '../view.ts';
import { plural } from '../words.ts';
import type { Changes, MemoryChanges } from './change-tracker.ts';
import { mappingChangeText } from './mapping-changes.ts';
import type { PageChange } from './page-changes.ts';

/** The kinds in the order in which they are told; `used` is not. */
const TOLD = [
  ['split', 'split'],
  ['taken-over', 'taken over'],
  ['saved', 'written in place'],
  ['kept', 'put aside'],
  ['restored', 'put back'],
  ['mapped', 'mapped'],
  ['unmapped', 'unmapped'],
  ['replaced', 'replaced'],
  ['protected', 'protected otherwise'],
  ['shared', 'now copy-on-write'],
] as const satisfies readonly (readonly [PageChangeKind, string])[];

/** Kinds whose pages are named: of the others there are many at once. */
const NAMED: ReadonlySet<PageChangeKind> = new Set(
  TOLD.map(([kind]) => kind).filter((kind) => kind !== 'shared' && kind !== 'kept'),
);

/** Before what is different about a row, and what is only so below it, or in its A and D bits. */
const CHANGE_SIGNS: Readonly<Record<Changed['how'], string>> = { itself: '●', inside: '◐', used: '○' };

const MOST_PAGES = 4;
const MOST_MAPPINGS = 2;
const MOST_PROCESSES = 3;
const MOST_MEMORIES = 3;

type Counts = Readonly<Record<PageChangeKind, number>>;

/** A row's text and what is different about the row, which a sign tells without colour: `private: … ● split now`. */
export function marked({ changed }: { readonly changed?: Changed }, text: string): string {
  return changed ? `${text} ${CHANGE_SIGNS[changed.how]} ${changed.text}` : text;
}

/** `2 pages split, 1 mapped`; nothing where pages have only been used. */
export function countsText(counts: Counts): string {
  let isFirst = true;
  const parts: string[] = [];
  for (const [kind, word] of TOLD) {
    const count = counts[kind];
    if (count === 0) continue;
    parts.push(`${isFirst ? plural(count, 'page') : count} ${word}`);
    isFirst = false;
  }
  return parts.join(', ');
}

export function countKinds(pages: readonly PageChange[]): Record<PageChangeKind, number> {
  const counts = Object.fromEntries([...TOLD.map(([kind]) => kind), 'used' as const].map((kind) => [kind, 0]));
  for (const { kind } of pages) counts[kind]++;
  return counts as Record<PageChangeKind, number>;
}

/**
 * What has changed in one line; `undefined` where nothing has.
 * @param describe a page of a process by its address: `0x76000 shared_counter`
 * @param focus the process that is looked at, which comes first
 */
export function changesLine(
  changes: Changes,
  focus: number,
  describe: (pid: number, va: number) => string,
): string | undefined {
  const memories = [...changes.memories.values()]
    .map((memory) => ({ memory, text: memoryText(memory, focus, describe) }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => Number(b.memory.pids.includes(focus)) - Number(a.memory.pids.includes(focus)));
  const isAlone = memories.every(({ memory }) => memory.pids.includes(focus));
  const parts = [
    ...memories
      .slice(0, MOST_MEMORIES)
      .map(({ memory: { pids }, text }) => (isAlone ? text : `${pidText(pids)}: ${text}`)),
    ...(memories.length > MOST_MEMORIES
      ? [`${plural(memories.length - MOST_MEMORIES, 'more process', 'es')} changed`]
      : []),
    ...processTexts(changes),
    ...restoredText(changes),
  ];
  return parts.length === 0 ? undefined : `Since the last stop: ${parts.join('. ')}.`;
}

function memoryText(
  { counts, pages, mappings, pids }: MemoryChanges,
  focus: number,
  describe: (pid: number, va: number) => string,
): string {
  const pid = pids.includes(focus) ? focus : pids[0];
  const named = TOLD.flatMap(([kind]) =>
    NAMED.has(kind) ? dataFirst(pages.filter((page) => page.kind === kind)) : [],
  );
  const places = pid === undefined ? [] : named.slice(0, MOST_PAGES).map(({ va }) => describe(pid, va));
  if (named.length > MOST_PAGES) places.push('and more');
  const text = countsText(counts);
  return [
    ...(text === '' ? [] : [places.length > 0 ? `${text}: ${places.join('; ')}` : text]),
    ...mappings.slice(0, MOST_MAPPINGS).map(mappingChangeText),
    ...(mappings.length > MOST_MAPPINGS ? [`${plural(mappings.length - MOST_MAPPINGS, 'more mapping')} changed`] : []),
  ].join('. ');
}

/** Pages of code come after those that the program writes: they say less. */
function dataFirst(pages: readonly PageChange[]): PageChange[] {
  const isCode = ({ before, after }: PageChange): boolean => ((after || before) & Pte.X) !== 0;
  return [...pages.filter((page) => !isCode(page)), ...pages.filter(isCode)];
}

function pidText(pids: readonly number[]): string {
  return pids.length === 0 ? 'a process that has ended' : `pid ${pids[0]}`;
}

function processTexts({ processes, moreProcesses }: Changes): string[] {
  const more = Math.max(0, processes.length - MOST_PROCESSES) + moreProcesses;
  return [
    ...processes.slice(0, MOST_PROCESSES).map(({ pid, text }) => `pid ${pid} ${text}`),
    ...(more > 0 ? [`${more} more started or ended`] : []),
  ];
}

/** A page that was saved and put back in between is as it was. */
function restoredText({ restored, memories }: Changes): string[] {
  const listed = [...memories.values()].reduce((sum, { counts }) => sum + counts.restored, 0);
  if (restored <= listed) return [];
  return [`${plural(restored - listed, listed > 0 ? 'more page' : 'page')} put back as before`];
}
