import * as vscode from 'vscode';
import type { EntryView, ProcessView } from '../inspect/view.ts';
import { changeText } from './changed-rows.ts';
import { TreeNode, type NodeLook } from './lazy-tree.ts';
import { bitsInWords } from './in-words.ts';
import { ask, type StoppedSession } from './session-tracker.ts';
import { hex, joined, namesInRow } from './words.ts';

/** One past the last address of the user half in any mode (Sv48). */
const USER_END = 2 ** 47;

/** The tree root -> tables -> leaves -> decoded bits, for every process that has an address space. */
export async function pageTables(stopped: StoppedSession): Promise<readonly TreeNode[]> {
  const { processes } = await ask(stopped.session, 'pagewalk/processes', {});
  return processes.flatMap((process) => (process.root === undefined ? [] : [rootNode(stopped, process, process.root)]));
}

function rootNode(stopped: StoppedSession, process: ProcessView, root: string): TreeNode {
  const { pid, name, changed } = process;
  const isStoppedHere = stopped.stop?.pid === pid;
  const look: NodeLook = {
    description: joined(
      isStoppedHere && vscode.l10n.t('stopped here'),
      changeText(process),
      vscode.l10n.t('root in frame {0}', root),
    ),
    icon: new vscode.ThemeIcon(isStoppedHere ? 'debug-stackframe-active' : 'list-tree'),
    range: { pid, start: 0, end: USER_END },
    expanded: isStoppedHere,
    changed,
  };
  return new TreeNode(undefined, `p${pid}`, vscode.l10n.t('pid {0} {1}', pid, name), look, (node) =>
    fetchEntries(node, stopped, pid, {}),
  );
}

async function fetchEntries(
  parent: TreeNode,
  stopped: StoppedSession,
  pid: number,
  table: { table?: number; level?: number; base?: string },
): Promise<TreeNode[]> {
  const { entries } = await ask(stopped.session, 'pagewalk/pageTable', { pid, ...table });
  return entries.map((entry) =>
    entry.kind === 'table' ? tableNode(parent, stopped, pid, entry) : leafNode(parent, stopped, pid, entry),
  );
}

function tableNode(parent: TreeNode, stopped: StoppedSession, pid: number, entry: EntryView): TreeNode {
  const { index, level, start, end, frame, children } = entry;
  const look: NodeLook = {
    description: joined(
      changeText(entry),
      children === 1 ? vscode.l10n.t('1 entry') : vscode.l10n.t('{0} entries', children),
      `${start}-${end}`,
      vscode.l10n.t('frame {0}', hex(frame)),
    ),
    tooltip: tooltip(entry),
    icon: new vscode.ThemeIcon('table'),
    range: { pid, start: Number(start), end: Number(end) },
    level,
    changed: entry.changed,
  };
  const label = vscode.l10n.t('[{0}] level {1} table', index, level - 1);
  return new TreeNode(parent, String(index), label, look, (node) =>
    fetchEntries(node, stopped, pid, { table: frame, level: level - 1, base: start }),
  );
}

function leafNode(parent: TreeNode, stopped: StoppedSession, pid: number, entry: EntryView): TreeNode {
  const { index, start, end, frame, flags, cow, decoded, pte, names = [] } = entry;
  const range = { pid, start: Number(start), end: Number(end) };
  const { stop } = stopped;
  const va = stop?.pid === pid && stop.va !== undefined ? Number(stop.va) : undefined;
  const look: NodeLook = {
    description: joined(
      namesInRow(names),
      changeText(entry),
      bitsInWords(flags),
      cow && vscode.l10n.t('copy-on-write'),
      vscode.l10n.t('frame {0}', hex(frame)),
      va !== undefined && va >= range.start && va < range.end && vscode.l10n.t('stopped for this page'),
    ),
    tooltip: tooltip(entry),
    icon: cow
      ? new vscode.ThemeIcon('files', new vscode.ThemeColor('charts.orange'))
      : new vscode.ThemeIcon(flags.includes('X') ? 'code' : flags.includes('W') ? 'edit' : 'symbol-file'),
    range,
    isPage: true,
    changed: entry.changed,
  };
  return new TreeNode(parent, String(index), vscode.l10n.t('[{0}] page {1}', index, start), look, async (node) => [
    new TreeNode(node, 'pte', vscode.l10n.t('entry {0}', pte), { icon: new vscode.ThemeIcon('symbol-numeric') }),
    ...decoded
      .split(', ')
      .map((bit, at) => new TreeNode(node, `b${at}`, bit, { icon: new vscode.ThemeIcon('symbol-boolean') })),
  ]);
}

function tooltip({ start, end, pte, flags, decoded }: EntryView): vscode.MarkdownString {
  return new vscode.MarkdownString(`${start}-${end}\n\n\`${pte}\` \`${flags}\`\n\n${decoded}`);
}
