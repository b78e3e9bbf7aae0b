import * as vscode from 'vscode';
import type { ChangesView, MappingView, PageDetail, ProcessView, SharingState } from '../inspect/view.ts';
import { changeText } from './changed-rows.ts';
import { TreeNode, type NodeLook } from './lazy-tree.ts';
import { PAGE_GROUP, placedGroups } from './page-groups.ts';
import { permissionsInWords } from './in-words.ts';
import { ask, type StoppedSession } from './session-tracker.ts';
import { hex, joined, namesInRow, pages, pids } from './words.ts';

/** One past the last address of the user half in any mode (Sv48). */
const USER_END = 2 ** 47;

const PAGE_SIZE = 4096;

/** The tree process -> mappings -> pages -> owners. */
export async function addressSpaces(stopped: StoppedSession): Promise<readonly TreeNode[]> {
  const [{ processes }, { processes: changed }] = await Promise.all([
    ask(stopped.session, 'pagewalk/processes', {}),
    ask(stopped.session, 'pagewalk/changes', { count: 0 }),
  ]);
  const gone = changed.filter(({ pid, kind }) => kind === 'ended' && !processes.some((one) => one.pid === pid));
  return [
    ...processes.map((process) => processNode(stopped, process)),
    ...gone.map(({ pid, text }) =>
      goneNode(undefined, `gone p${pid}`, vscode.l10n.t('pid {0}', pid), text, 'circle-slash'),
    ),
  ];
}

/** What was there at the last stop and is not any more. */
function goneNode(parent: TreeNode | undefined, key: string, label: string, text: string, icon = 'trash'): TreeNode {
  const look = { description: text, icon: new vscode.ThemeIcon(icon), changed: { how: 'itself', text } } as const;
  return new TreeNode(parent, key, label, look);
}

function processNode(stopped: StoppedSession, process: ProcessView): TreeNode {
  const { pid, parent, name, threads, sameSpaceAs } = process;
  const isStoppedHere = stopped.stop?.pid === pid;
  const look: NodeLook = {
    description: joined(
      isStoppedHere && vscode.l10n.t('stopped here'),
      changeText(process),
      parent > 0 && !changeText(process)?.endsWith(`pid ${parent}`) && vscode.l10n.t('child of pid {0}', parent),
      process.state === 'zombie' && vscode.l10n.t('has exited, not yet waited for'),
      threads.length > 1 && vscode.l10n.t('{0} threads', threads.length),
      sameSpaceAs.length > 0 && vscode.l10n.t('in the address space of {0}', pids(sameSpaceAs)),
    ),
    tooltip: threads.map((thread) => `${thread.name}: ${thread.state}`).join('\n'),
    icon: new vscode.ThemeIcon(processIcon(process, isStoppedHere)),
    range: { pid, start: 0, end: USER_END },
    expanded: isStoppedHere,
    changed: process.changed,
  };
  const label = vscode.l10n.t('pid {0} {1}', pid, name);
  if (process.state === 'zombie') return new TreeNode(undefined, `p${pid}`, label, look);
  return new TreeNode(undefined, `p${pid}`, label, look, async (node) => {
    const nodes = await fetchMappings(node, stopped, pid, 0);
    if (!process.changed) return nodes;
    const { mappings: changed } = await ask(stopped.session, 'pagewalk/changes', { pid, count: 0 });
    return inOrder(nodes, removedMappings(node, changed));
  });
}

/** Mappings from the `skip`-th on; where there are very many, the rest in a node of its own. */
async function fetchMappings(
  parent: TreeNode,
  stopped: StoppedSession,
  pid: number,
  skip: number,
): Promise<TreeNode[]> {
  const { mappings, total } = await ask(stopped.session, 'pagewalk/mappings', { pid, skip });
  const nodes = mappings.map((mapping) => mappingNode(parent, stopped, pid, mapping));
  const next = skip + mappings.length;
  const last = mappings.at(-1);
  if (next >= total || !last) return nodes;
  const range = { pid, start: Number(last.end), end: USER_END };
  const label = vscode.l10n.t('{0} more mappings', total - next);
  const look = { icon: new vscode.ThemeIcon('ellipsis'), range };
  return [...nodes, new TreeNode(parent, `m${next}`, label, look, (node) => fetchMappings(node, stopped, pid, next))];
}

function removedMappings(parent: TreeNode, changed: ChangesView['mappings']): { start: number; node: TreeNode }[] {
  return changed
    .filter(({ kind }) => kind === 'removed')
    .map(({ start, end, perms, name }) => {
      const label = `${perms} ${name || vscode.l10n.t('anonymous')}`;
      const text = joined(vscode.l10n.t('removed now'), `${start}-${end}`);
      return { start: Number(start), node: goneNode(parent, `gone ${start}`, label, text) };
    });
}

/** What is there and what is gone, by address. */
function inOrder(nodes: readonly TreeNode[], gone: readonly { start: number; node: TreeNode }[]): TreeNode[] {
  const all = [...nodes.map((node) => ({ start: node.range?.start ?? 0, node })), ...gone];
  return all.sort((a, b) => a.start - b.start).map(({ node }) => node);
}

function processIcon(process: ProcessView, isStoppedHere: boolean): string {
  if (process.state === 'zombie') return 'circle-slash';
  return isStoppedHere ? 'debug-stackframe-active' : 'server-process';
}

function mappingNode(parent: TreeNode, stopped: StoppedSession, pid: number, mapping: MappingView): TreeNode {
  const { start, end, perms, present, cow, shared } = mapping;
  const name = mapping.name || vscode.l10n.t('anonymous');
  const count = present === 0 ? vscode.l10n.t('no pages') : pages(present);
  const look: NodeLook = {
    description: joined(changeText(mapping), count, cow > 0 && vscode.l10n.t('{0} CoW', cow), `${start}-${end}`),
    spoken: [
      vscode.l10n.t('{0} of pid {1}', name, pid),
      permissionsInWords(perms),
      count,
      ...(cow > 0 ? [vscode.l10n.t('{0} copy-on-write', cow)] : []),
      vscode.l10n.t('from {0} to {1}', start, end),
    ].join(', '),
    tooltip: [
      vscode.l10n.t('{0} to {1}: {2} of {3} present', start, end, present, pages(pagesBetween(start, end))),
      ...(cow > 0 || shared > 0
        ? [
            vscode.l10n.t(
              '{0} marked copy-on-write; {1} private and shared since a fork, as the CoW ledger counts; the others of files, or no longer shared',
              cow,
              shared,
            ),
          ]
        : []),
    ].join('\n'),
    icon: new vscode.ThemeIcon(mappingIcon(mapping)),
    range: { pid, start: Number(start), end: Number(end) },
    changed: mapping.changed,
  };
  const label = `${perms} ${name}`;
  if (present === 0 && mapping.changed?.how !== 'inside') return new TreeNode(parent, start, label, look);
  return new TreeNode(parent, start, label, look, async (node) => {
    const gone = mapping.changed ? await unmappedPages(node, stopped, pid, mapping) : [];
    if (present <= PAGE_GROUP) return inOrder(await fetchPages(node, stopped, pid, mapping, 0), gone);
    const args = { pid, start, end, size: PAGE_GROUP };
    const { groups } = await ask(stopped.session, 'pagewalk/pageGroups', args);
    const nodes = placedGroups(node, pid, groups, (group, skip) => fetchPages(group, stopped, pid, mapping, skip));
    return inOrder(nodes, gone);
  });
}

/** The first of the pages that were there at the last stop, in a mapping that still is. */
async function unmappedPages(
  parent: TreeNode,
  stopped: StoppedSession,
  pid: number,
  { start, end }: MappingView,
): Promise<{ start: number; node: TreeNode }[]> {
  const args = { pid, start, end, kind: 'unmapped', count: PAGE_GROUP } as const;
  const { pages, total } = await ask(stopped.session, 'pagewalk/changes', args);
  const nodes = pages.map(({ va, text }) => ({ start: Number(va), node: goneNode(parent, `gone ${va}`, va, text) }));
  if (total <= pages.length) return nodes;
  const more = vscode.l10n.t('{0} more', total - pages.length);
  const text = vscode.l10n.t('unmapped now');
  return [...nodes, { start: Number(end), node: goneNode(parent, 'gone more', more, text) }];
}

function mappingIcon({ perms, name }: MappingView): string {
  if (name === '[stack]') return 'layers';
  if (name === '[heap]') return 'database';
  if (perms.includes('x')) return 'code';
  if (perms.includes('w')) return 'edit';
  return perms.includes('r') ? 'book' : 'lock';
}

const pagesBetween = (start: string, end: string): number => (Number(end) - Number(start)) / PAGE_SIZE;

async function fetchPages(
  parent: TreeNode,
  stopped: StoppedSession,
  pid: number,
  { start, end }: MappingView,
  skip: number,
): Promise<TreeNode[]> {
  const body = await ask(stopped.session, 'pagewalk/pages', { pid, start, end, skip, count: PAGE_GROUP });
  return body.pages.map((page) => pageNode(parent, stopped, pid, page));
}

/** A page's icon tells its state without colour; the colour only repeats it. */
const STATE_ICONS: Readonly<Record<SharingState, vscode.ThemeIcon>> = {
  private: new vscode.ThemeIcon('symbol-file'),
  'cow-shared': new vscode.ThemeIcon('files', new vscode.ThemeColor('charts.orange')),
  'cow-last': new vscode.ThemeIcon('copy', new vscode.ThemeColor('charts.yellow')),
  shared: new vscode.ThemeIcon('link', new vscode.ThemeColor('charts.blue')),
  'page-cache': new vscode.ThemeIcon('library'),
  lent: new vscode.ThemeIcon('lock', new vscode.ThemeColor('charts.purple')),
  borrowed: new vscode.ThemeIcon('key', new vscode.ThemeColor('charts.purple')),
};

function pageNode(parent: TreeNode, stopped: StoppedSession, pid: number, page: PageDetail): TreeNode {
  const { va, frame, flags, pte, state, owners, explanation, names = [] } = page;
  const start = Number(va);
  const range = { pid, start, end: start + PAGE_SIZE * 512 ** page.level };
  const { stop } = stopped;
  const isStopPage = stop?.pid === pid && stop.va !== undefined && covers(range, Number(stop.va));
  const words = [
    namesInRow(names),
    changeText(page),
    stateInWords(page),
    vscode.l10n.t('frame {0}', hex(frame)),
    isStopPage && vscode.l10n.t('stopped for this page'),
  ];
  const look: NodeLook = {
    description: joined(...words),
    spoken: [
      vscode.l10n.t('page {0} of pid {1}', va, pid),
      ...words.filter((word) => word && word !== page.changed?.text),
    ].join(', '),
    tooltip: new vscode.MarkdownString(
      [
        vscode.l10n.t('Page {0}: {1}', va, explanation),
        names.join(', '),
        `\`${flags}\` \`${pte}\``,
        ...owners.map((owner) => `- ${owner}`),
      ].join('\n\n'),
    ),
    icon: STATE_ICONS[state],
    range,
    isPage: true,
    changed: page.changed,
  };
  return new TreeNode(parent, va, va, look, async (node) => [
    new TreeNode(node, 'explanation', explanation, { icon: new vscode.ThemeIcon('info') }),
    ...owners.map((owner, at) => new TreeNode(node, `o${at}`, owner, { icon: new vscode.ThemeIcon('references') })),
  ]);
}

const covers = (range: { start: number; end: number }, va: number): boolean => va >= range.start && va < range.end;

function stateInWords({ state, cow, sharedWith }: PageDetail): string {
  const others = sharedWith.length > 0 ? pids(sharedWith) : undefined;
  switch (state) {
    case 'private':
      return vscode.l10n.t('private');
    case 'cow-shared':
      if (!others) return vscode.l10n.t('copy-on-write, shared with the page cache');
      // Without the bit nothing is copied: the mapping allows no writing.
      return cow
        ? vscode.l10n.t('copy-on-write, shared with {0}', others)
        : vscode.l10n.t('not writable, shared with {0}', others);
    case 'cow-last':
      return vscode.l10n.t('copy-on-write, no longer shared');
    case 'shared':
      return others ? vscode.l10n.t('shared memory, also in {0}', others) : vscode.l10n.t('shared memory');
    case 'page-cache':
      return others ? vscode.l10n.t('page cache, also in {0}', others) : vscode.l10n.t('page cache');
    case 'lent':
      return others ? vscode.l10n.t('lent to {0}', others) : vscode.l10n.t('lent');
    case 'borrowed':
      if (!others) return vscode.l10n.t('borrowed from a process that was killed');
      return cow
        ? vscode.l10n.t('borrowed from {0}, saved before the next write', others)
        : vscode.l10n.t('borrowed from {0}', others);
  }
}
