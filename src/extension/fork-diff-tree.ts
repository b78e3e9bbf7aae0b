import * as vscode from 'vscode';
import type { ForkDiffView, PageDiffKind, PageDiffView, SamePageKind } from '../inspect/view.ts';
import { changeText } from './changed-rows.ts';
import { sourceOf, TreeNode, type NodeLook } from './lazy-tree.ts';
import { PAGE_GROUP, pageGroups } from './page-groups.ts';
import { ask, type StoppedSession } from './session-tracker.ts';
import { hex, joined, namesInRow, pages } from './words.ts';

const PAGE_SIZE = 4096;

/** The tree fork -> kinds of differences -> pages, for forks whose two sides are there; the last fork comes first. */
export async function forkDiffs(stopped: StoppedSession): Promise<readonly TreeNode[]> {
  const { forks } = await ask(stopped.session, 'pagewalk/liveForks', {});
  return forks.map(
    ({ parent, child, changed }, index) =>
      new TreeNode(
        undefined,
        `${parent}-${child}`,
        vscode.l10n.t('pid {0} and its child pid {1}', parent, child),
        {
          ...(changed ? { description: changed.text, changed } : {}),
          icon: new vscode.ThemeIcon('diff-multiple'),
          expanded: index === 0,
        },
        async (node) => {
          const diff = await ask(stopped.session, 'pagewalk/forkDiff', { parent, child });
          return KINDS.map((kind) => kindNode(node, stopped, diff, kind));
        },
      ),
  );
}

const KINDS = ['split', 'new', 'unmapped', 'same'] as const satisfies readonly PageDiffKind[];

const ICONS: Readonly<Record<PageDiffKind, string>> = {
  split: 'split-horizontal',
  new: 'diff-added',
  unmapped: 'diff-removed',
  same: 'files',
};

function kindNode(parent: TreeNode, stopped: StoppedSession, diff: ForkDiffView, kind: PageDiffKind): TreeNode {
  const labels: Readonly<Record<PageDiffKind, string>> = {
    split: vscode.l10n.t('Split'),
    new: vscode.l10n.t('New on one side'),
    unmapped: vscode.l10n.t('Unmapped on one side'),
    same: vscode.l10n.t('The same frame'),
  };
  const count = diff.counts[kind];
  const { private: own, file, shared } = diff.same;
  const look: NodeLook = {
    description: joined(
      pages(count),
      kind === 'same' && own > 0 && vscode.l10n.t('{0} private, copy-on-write', own),
      kind === 'same' && file > 0 && vscode.l10n.t('{0} of files', file),
      kind === 'same' && shared > 0 && vscode.l10n.t('{0} of shared memory', shared),
    ),
    ...(kind === 'same' ? { tooltip: diff.text } : {}),
    icon: new vscode.ThemeIcon(ICONS[kind]),
    expanded: kind === 'split' && count > 0,
  };
  if (count === 0) return new TreeNode(parent, kind, labels[kind], look);
  return new TreeNode(parent, kind, labels[kind], look, (node) =>
    kind === 'same' ? Promise.resolve(sameNodes(node, stopped, diff)) : fetchGroup(node, stopped, diff, kind, count),
  );
}

/** The pages in the same frame, by whose frame it is. */
function sameNodes(parent: TreeNode, stopped: StoppedSession, diff: ForkDiffView): TreeNode[] {
  const labels: Readonly<Record<SamePageKind, string>> = {
    private: vscode.l10n.t('Private, copy-on-write since the fork'),
    file: vscode.l10n.t('Of files, in the page cache'),
    shared: vscode.l10n.t('Shared memory'),
  };
  const icons: Readonly<Record<SamePageKind, string>> = { private: 'files', file: 'library', shared: 'link' };
  return (['private', 'file', 'shared'] as const)
    .filter((whose) => diff.same[whose] > 0)
    .map((whose) => {
      const look = { description: pages(diff.same[whose]), icon: new vscode.ThemeIcon(icons[whose]) };
      return new TreeNode(parent, whose, labels[whose], look, (node) =>
        fetchGroup(node, stopped, diff, 'same', diff.same[whose], whose),
      );
    });
}

async function fetchGroup(
  parent: TreeNode,
  stopped: StoppedSession,
  { parent: forker, child }: ForkDiffView,
  kind: PageDiffKind,
  total: number,
  same?: SamePageKind,
): Promise<readonly TreeNode[]> {
  const fetch = async (node: TreeNode, skip: number): Promise<TreeNode[]> => {
    const args = { parent: forker, child, kind, skip, count: PAGE_GROUP, ...(same ? { same } : {}) };
    const body = await ask(stopped.session, 'pagewalk/forkDiffPages', args);
    return body.pages.map((page) => pageNode(node, forker, child, page));
  };
  return total <= PAGE_GROUP ? fetch(parent, 0) : pageGroups(parent, total, fetch);
}

function pageNode(node: TreeNode, parent: number, child: number, page: PageDiffView): TreeNode {
  const { va, kind, parentFrame, childFrame, bytes, text, writes, writtenAt, names = [] } = page;
  const start = Number(va);
  const look: NodeLook = {
    description: joined(
      namesInRow(names),
      changeText(page),
      bytes !== undefined && (bytes === 1 ? vscode.l10n.t('1 byte differs') : vscode.l10n.t('{0} bytes differ', bytes)),
      parentFrame !== undefined && vscode.l10n.t('pid {0}: frame {1}', parent, hex(parentFrame)),
      childFrame !== undefined && vscode.l10n.t('pid {0}: frame {1}', child, hex(childFrame)),
    ),
    tooltip: [`${va}: ${text}`, ...writes].join('\n'),
    icon: new vscode.ThemeIcon(ICONS[kind]),
    range: { pid: parentFrame === undefined ? child : parent, start, end: start + PAGE_SIZE },
    isPage: true,
    changed: page.changed,
    ...(bytes === undefined ? {} : { sides: [parent, child] }),
  };
  if (writes.length === 0) return new TreeNode(node, va, va, look);
  return new TreeNode(node, va, va, look, (page) =>
    Promise.resolve(
      writes.map((write, at) => {
        const icon = new vscode.ThemeIcon('edit');
        return new TreeNode(page, `w${at}`, write, { icon, tooltip: write, source: sourceOf(writtenAt[at]) });
      }),
    ),
  );
}
