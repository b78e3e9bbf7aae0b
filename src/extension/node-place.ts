import type { TreeNode } from './lazy-tree.ts';
import { hex } from './words.ts';

/** What the menu of the Variables view hands to a command. */
export interface VariableContext {
  readonly variable: { readonly name: string; readonly memoryReference?: string; readonly evaluateName?: string };
}

/** What a command about memory may be given: a row of a tree, a row of the Variables view, or an expression. */
export type Target = TreeNode | VariableContext | { readonly expression: string };

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

/** The same as an expression for the adapter. */
export function expressionOf(target: Target | undefined): string | undefined {
  if (!target) return undefined;
  if ('expression' in target) return target.expression;
  // A pointer's memory reference is its target, which is what the expression comes to as well.
  if ('variable' in target && target.variable.evaluateName) return target.variable.evaluateName;
  const place = placeOf(target);
  return place && `p${place.pid}:${hex(place.address)}`;
}
