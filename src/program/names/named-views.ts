import type { AddressExplanation } from '../../inspect/explain.ts';
import type { Snapshot } from '../../inspect/snapshot.ts';
import type { EntryView, LedgerPageView, PageDiffView, PageView } from '../../inspect/view.ts';
import type { Process } from '../../linux/process.ts';
import type { Machine } from '../../machine/machine.ts';
import { PAGE_SIZE, virtAddr } from '../../memory/address.ts';
import { namesText } from './memory-name.ts';
import type { MemoryNames } from './memory-names.ts';

/*
 * Views of `inspect/` with the names of what lies there: it knows address spaces, and not what the program calls its memory.
 */

export function namedPages<V extends PageView>(names: MemoryNames, process: Process, pages: readonly V[]): V[] {
  return pages.map((page) => ({ ...page, names: names.page(process, Number(page.va)) }));
}

export function namedEntries(names: MemoryNames, process: Process, entries: readonly EntryView[]): EntryView[] {
  return entries.map((entry) =>
    entry.kind === 'leaf' && entry.level === 0 ? { ...entry, names: names.page(process, Number(entry.start)) } : entry,
  );
}

export function namedExplanation<E extends AddressExplanation>(names: MemoryNames, process: Process, explained: E): E {
  const va = Number(explained.va);
  const found = names.at(process, va);
  const name = found && (found.kind !== 'mapping' || explained.mapping?.offset) ? { name: found.text } : {};
  return { ...explained, ...name, names: names.page(process, va) };
}

/** By the first of those who have the page, and are there. */
export function namedLedgerPages(
  names: MemoryNames,
  machine: Machine,
  pages: readonly LedgerPageView[],
): LedgerPageView[] {
  return pages.map((page) => {
    const process = page.owners.map(({ pid }) => machine.process(pid)).find((one) => one?.space);
    return process ? { ...page, names: names.page(process, Number(page.va)) } : page;
  });
}

/** What the bytes that differ are of, as the child has it; without such bytes what lies in the page. */
export function namedDiffPages(
  names: MemoryNames,
  machine: Machine,
  { parent, child }: { readonly parent: number; readonly child: number },
  pages: readonly PageDiffView[],
): PageDiffView[] {
  const [mine, theirs] = [machine.process(parent), machine.process(child)];
  if (!mine?.space || !theirs?.space) return [...pages];
  return pages.map((page) => {
    const va = virtAddr(Number(page.va));
    if (!page.bytes) {
      const owner = page.childFrame === undefined ? mine : theirs;
      return { ...page, names: names.page(owner, va) };
    }
    const found = names.differing(theirs, va, machine.read(mine, va, PAGE_SIZE), machine.read(theirs, va, PAGE_SIZE));
    return { ...page, names: found, text: `${page.text} (${namesText(found)})` };
  });
}

export function namedSnapshot(names: MemoryNames, machine: Machine, snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    processes: snapshot.processes.map((one) => {
      const process = machine.process(one.pid);
      return process?.space ? { ...one, pages: namedPages(names, process, one.pages) } : one;
    }),
    ledger: { ...snapshot.ledger, pages: namedLedgerPages(names, machine, snapshot.ledger.pages) },
    forkDiffs: snapshot.forkDiffs.map((diff) => ({ ...diff, pages: namedDiffPages(names, machine, diff, diff.pages) })),
  };
}
