import type { TreeNode } from './lazy-tree.ts';

/** What the menu of the Variables view hands to a command. */
export interface VariableContext {
  readonly variable: { readonly name: string; readonly memoryReference?: string; readonly evaluateName?: string };
}

/** An address of a process, and the level of the page-table entry that is meant. */
export interface Place {
  readonly pid: number;
  readonly address: number;
  readonly level: number;
}

/** What a row of a tree, or of the Variables view, is about; `undefined` where it is not in memory. */
export function placeOf(target: TreeNode | VariableContext | undefined): Place | undefined {
  if (!target) return undefined;
  if ('variable' in target) {
    const [, pid, address] = /^p(\d+):(0x[0-9a-f]+)$/.exec(target.variable.memoryReference ?? '') ?? [];
    return address === undefined ? undefined : { pid: Number(pid), address: Number(address), level: 0 };
  }
  const { range, level = 0 } = target;
  return range && { pid: range.pid, address: range.start, level };
}
