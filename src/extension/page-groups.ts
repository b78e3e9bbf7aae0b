import * as vscode from 'vscode';
import { TreeNode } from './lazy-tree.ts';

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
    const label = vscode.l10n.t('pages {0} to {1}', first + 1, Math.min(first + PAGE_GROUP, total));
    const look = { icon: new vscode.ThemeIcon('folder'), ...(parent.range ? { range: parent.range } : {}) };
    return new TreeNode(parent, `g${index}`, label, look, (node) => fetch(node, first));
  });
}
