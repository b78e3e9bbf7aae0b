import * as vscode from 'vscode';
import type { Changed, LedgerForkView, LedgerPages, LedgerPageView } from '../inspect/view.ts';
import { changeText } from './changed-rows.ts';
import { sourceOf, TreeNode, type NodeLook } from './lazy-tree.ts';
import { PAGE_GROUP, pageGroups } from './page-groups.ts';
import { ask, type StoppedSession } from './session-tracker.ts';
import { hex, joined, namesInRow, pages, pids } from './words.ts';

const PAGE_SIZE = 4096;

/** More forks are listed in groups. */
const MOST_FORKS = 256;

/** The tree fork -> pages that are still shared, and pages that were written. The last fork comes first. */
export async function cowLedger(stopped: StoppedSession): Promise<readonly TreeNode[]> {
  const { forks, others, forgotten } = await ask(stopped.session, 'pagewalk/ledger', {});
  const newest = [...forks].reverse();
  const roots = newest.slice(0, MOST_FORKS).map((fork, index) => forkNode(undefined, stopped, fork, index === 0));
  if (newest.length > MOST_FORKS)
    roots.push(
      new TreeNode(
        undefined,
        'earlier',
        vscode.l10n.t('{0} earlier forks', newest.length - MOST_FORKS),
        { icon: new vscode.ThemeIcon('symbol-folder') },
        (node) => Promise.resolve(newest.slice(MOST_FORKS).map((fork) => forkNode(node, stopped, fork, false))),
      ),
    );
  if (others > 0)
    roots.push(
      new TreeNode(
        undefined,
        'files',
        vscode.l10n.t('Pages of Files'),
        { description: vscode.l10n.t('{0} written', pages(others)), icon: new vscode.ThemeIcon('library') },
        (node) => fetchPages(node, stopped, undefined, 'broken'),
      ),
    );
  if (forgotten > 0)
    roots.push(
      new TreeNode(undefined, 'forgotten', vscode.l10n.t('{0} earlier records are forgotten', forgotten), {
        icon: new vscode.ThemeIcon('info'),
      }),
    );
  return roots;
}

function forkNode(
  parent: TreeNode | undefined,
  stopped: StoppedSession,
  fork: LedgerForkView,
  expanded: boolean,
): TreeNode {
  const { id, pid, child, place, pc, n, shared, childEnd, text, counts } = fork;
  const look: NodeLook = {
    description: joined(
      changeText(fork),
      shared > 0 && vscode.l10n.t('{0} shared', pages(shared)),
      place ?? pc,
      childEnd?.how === 'exit' && vscode.l10n.t('pid {0} has exited', child),
      childEnd?.how === 'exec' && vscode.l10n.t('pid {0} runs another program', child),
      vscode.l10n.t('instruction {0}', n),
    ),
    tooltip: [text, counts, ...(childEnd ? [`${vscode.l10n.t('pid {0}', child)}: ${childEnd.text}`] : [])].join('\n'),
    icon: new vscode.ThemeIcon('repo-forked'),
    source: sourceOf(fork),
    changed: fork.changed,
    expanded,
  };
  const label = vscode.l10n.t('Fork: pid {0} made pid {1}', pid, child);
  return new TreeNode(parent, `f${id}`, label, look, (node) => fetchGroups(node, stopped, fork, expanded));
}

/** The pages of a fork: still shared by its two sides, by others, and written. */
async function fetchGroups(
  node: TreeNode,
  stopped: StoppedSession,
  { id, pid, child, shared, broken, counts, changed }: LedgerForkView,
  expanded: boolean,
): Promise<readonly TreeNode[]> {
  const elsewhere = await ask(stopped.session, 'pagewalk/ledgerPages', { fork: id, state: 'elsewhere', count: 0 });
  const group = (
    which: LedgerPages,
    label: string,
    count: number,
    tooltip: string,
    icon: string,
    { isOpen = false, changed }: { readonly isOpen?: boolean; readonly changed?: Changed | undefined } = {},
  ): TreeNode =>
    new TreeNode(
      node,
      which,
      label,
      {
        description: joined(changed?.text, pages(count)),
        tooltip,
        icon: new vscode.ThemeIcon(icon),
        expanded: count > 0 && isOpen,
        changed,
      },
      count > 0 ? (parent) => fetchPages(parent, stopped, id, which) : undefined,
    );
  return [
    group('shared', vscode.l10n.t('Still shared by the two'), shared, counts, 'files'),
    ...(elsewhere.total > 0
      ? [
          group(
            'elsewhere',
            vscode.l10n.t('Shared with others since'),
            elsewhere.total,
            vscode.l10n.t(
              'Private pages that pid {0}, or a process forked from it, has in one frame with a process that was there before, and that pid {1} and pid {0} do not both have.',
              child,
              pid,
            ),
            'files',
          ),
        ]
      : []),
    group(
      'broken',
      vscode.l10n.t('Written since'),
      broken,
      vscode.l10n.t('Writes that ended the sharing of a page by this fork, by either side or a descendant of theirs.'),
      'edit',
      { isOpen: expanded, changed: changed?.how === 'inside' ? changed : undefined },
    ),
  ];
}

async function fetchPages(
  parent: TreeNode,
  stopped: StoppedSession,
  fork: number | undefined,
  state: LedgerPages,
): Promise<readonly TreeNode[]> {
  const fetch = async (node: TreeNode, skip: number): Promise<{ nodes: TreeNode[]; total: number }> => {
    const args = { ...(fork === undefined ? {} : { fork }), state, skip, count: PAGE_GROUP };
    const body = await ask(stopped.session, 'pagewalk/ledgerPages', args);
    return { nodes: body.pages.map((page, index) => pageNode(node, page, skip + index)), total: body.total };
  };
  const { nodes, total } = await fetch(parent, 0);
  if (total === 0) return [new TreeNode(parent, 'none', vscode.l10n.t('no pages'), {})];
  if (total <= PAGE_GROUP) return nodes;
  return pageGroups(parent, total, async (group, skip) => (await fetch(group, skip)).nodes);
}

const HOW_ICONS = { copied: 'copy', 'taken-over': 'symbol-file', saved: 'save' } as const;

function pageNode(parent: TreeNode, page: LedgerPageView, index: number): TreeNode {
  const { va, frame, owners, ownerCount, broke, text, names = [] } = page;
  const sharers = pids(
    owners.map(({ pid }) => pid),
    ownerCount,
  );
  const [owner] = owners;
  const start = Number(va);
  const look: NodeLook = {
    description: broke
      ? joined(
          namesInRow(names),
          changeText(page),
          howInWords(page),
          broke.byDebugger ? vscode.l10n.t('by the debugger') : (broke.place ?? broke.pc),
        )
      : joined(namesInRow(names), vscode.l10n.t('frame {0}', hex(frame)), sharers),
    tooltip: text,
    icon: new vscode.ThemeIcon(broke ? HOW_ICONS[broke.how] : 'files'),
    source: sourceOf(broke?.byDebugger ? undefined : broke),
    changed: page.changed,
    ...(owner ? { range: { pid: owner.pid, start, end: start + PAGE_SIZE }, isPage: true } : {}),
  };
  // Writes of a page are told apart by their order, which stays; shared pages are not: those before may be written.
  return new TreeNode(parent, broke ? `${va} ${index}` : `${va} ${frame}`, va, look);
}

function howInWords({ frame, broke }: LedgerPageView): string {
  if (!broke) return '';
  const { how, pid, after } = broke;
  switch (how) {
    case 'copied':
      return vscode.l10n.t('pid {0} wrote: frame {1} copied to {2}', pid, hex(frame), hex(after));
    case 'taken-over':
      return vscode.l10n.t('pid {0} wrote: frame {1} taken over', pid, hex(after));
    case 'saved':
      return vscode.l10n.t('pid {0} wrote in place: bytes of frame {1} saved', pid, hex(after));
  }
}
