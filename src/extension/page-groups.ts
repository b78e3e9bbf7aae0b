import * as vscode from 'vscode';
import type { PageGroupView } from '../inspect/view.ts';
import { changeText } from './changed-rows.ts';
import { TreeNode } from './lazy-tree.ts';
import { joined } from './words.ts';

/** Pages that are fetched and shown at once: of more there are groups of this size. */
export const PAGE_GROUP = 256;

/** The groups of a node with many pages, which are fetched when their group is expanded. */
export function pageGroups(
  parent: TreeNode,
  total: number,
  fetch: (node: TreeNode, skip: number) => Promise<readonly TreeNode[]>,
): TreeNode[] {
  return Array.from({ length: Math.ceil(total / PAGE_GROUP) }, (_, index) => {
    const first = index * PAGE_GROUP;
    const look = { icon: ICON, ...(parent.range ? { range: parent.range } : {}) };
    const label = labelOf(first, Math.min(PAGE_GROUP, total - first));
    return new TreeNode(parent, `g${index}`, label, look, (node) => fetch(node, first));
  });
}

/** The groups of a process's pages, with where each is. */
export function placedGroups(
  parent: TreeNode,
  pid: number,
  groups: readonly PageGroupView[],
  fetch: (node: TreeNode, skip: number) => Promise<readonly TreeNode[]>,
): TreeNode[] {
  return groups.map((group, index) => {
    const { start, end, count, changed } = group;
    const first = index * PAGE_GROUP;
    const look = {
      description: joined(changeText(group), `${start}-${end}`),
      icon: ICON,
      range: { pid, start: Number(start), end: Number(end) },
      changed,
    };
    return new TreeNode(parent, `g${index}`, labelOf(first, count), look, (node) => fetch(node, first));
  });
}

const ICON = new vscode.ThemeIcon('symbol-folder');

function labelOf(first: number, count: number): string {
  return vscode.l10n.t('pages {0} to {1}', first + 1, first + count);
}
