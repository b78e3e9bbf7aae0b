import * as vscode from 'vscode';
import type { Changed } from '../inspect/view.ts';
import { decorate, spokenChange } from './changed-rows.ts';
import type { SessionTracker, StoppedSession } from './session-tracker.ts';

/** The part of a process's memory that a node is about: `[start, end)`. */
export interface NodeRange {
  readonly pid: number;
  readonly start: number;
  readonly end: number;
}

/** A line of a source file, from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** The line that a moment or place names, where it does. */
export function sourceOf(place: Partial<SourceLine> | undefined): SourceLine | undefined {
  return place?.file === undefined || place.line === undefined ? undefined : { file: place.file, line: place.line };
}

/** What a node looks like, and what it is about. */
export interface NodeLook {
  readonly description?: string;
  /** What a screen reader says; without it label and description, which are words. */
  readonly spoken?: string;
  readonly tooltip?: string | vscode.MarkdownString;
  readonly icon?: vscode.ThemeIcon;
  readonly range?: NodeRange;
  /** The node is one page: searches for an address end here. */
  readonly isPage?: boolean;
  /** The node is a page-table entry of this level. */
  readonly level?: number;
  readonly expanded?: boolean;
  /** Two processes whose bytes of the node's page can be compared; a click does so. */
  readonly sides?: readonly [number, number];
  /** What is different about it since the last stop; its text is in the description already. */
  readonly changed?: Changed | undefined;
  /** The line of the program that the node is about; a click opens it. */
  readonly source?: SourceLine | undefined;
}

/** A node of a tree whose children are fetched when it is first expanded. */
export class TreeNode {
  readonly item: vscode.TreeItem;
  readonly parent: TreeNode | undefined;
  readonly range: NodeRange | undefined;
  readonly isPage: boolean;
  readonly level: number | undefined;
  readonly sides: readonly [number, number] | undefined;
  readonly source: SourceLine | undefined;
  readonly changed: Changed | undefined;
  readonly #fetch: ((node: TreeNode) => Promise<readonly TreeNode[]>) | undefined;
  #children: Promise<readonly TreeNode[]> | undefined;

  /**
   * @param key names the node among its siblings, the same at every stop: expanded nodes stay so
   * @param fetch the children; a node without it is a leaf
   */
  constructor(
    parent: TreeNode | undefined,
    key: string,
    label: string,
    look: NodeLook,
    fetch?: (node: TreeNode) => Promise<readonly TreeNode[]>,
  ) {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    this.parent = parent;
    this.range = look.range;
    this.isPage = look.isPage ?? false;
    this.level = look.level;
    this.sides = look.sides;
    this.source = look.source;
    this.changed = look.changed;
    this.#fetch = fetch;
    this.item = new vscode.TreeItem(label, fetch ? (look.expanded ? Expanded : Collapsed) : None);
    this.item.id = parent ? `${parent.item.id}/${key}` : key;
    if (look.description !== undefined) this.item.description = look.description;
    if (look.tooltip !== undefined) this.item.tooltip = look.tooltip;
    if (look.icon) this.item.iconPath = look.icon;
    if (look.changed) decorate(this.item, look.changed);
    this.item.accessibilityInformation = { label: spokenLabel(label, look) };
    // What the menus of package.json ask for.
    this.item.contextValue = [
      look.range && 'addressed',
      look.range && (this.isPage ? 'page' : look.level !== undefined && 'entry'),
      look.sides && 'compared',
      look.source && 'sourced',
    ]
      .filter(Boolean)
      .join(' ');
    if (look.sides)
      this.item.command = { command: 'pagewalk.comparePage', title: vscode.l10n.t('Compare Bytes'), arguments: [this] };
    else if (look.source)
      this.item.command = { command: 'pagewalk.openSource', title: vscode.l10n.t('Open Source'), arguments: [this] };
  }

  /** Fetched once: the nodes of a stop do not outlive it. */
  children(): Promise<readonly TreeNode[]> {
    this.#children ??= this.#fetch ? this.#fetch(this) : Promise.resolve([]);
    return this.#children;
  }
}

function spokenLabel(label: string, { spoken, description, range, changed }: NodeLook): string {
  const told = description === undefined ? [] : description.split(' · ').filter((word) => word !== changed?.text);
  const words = spoken === undefined ? [label, ...told] : [spoken];
  const pid = range && vscode.l10n.t('pid {0}', range.pid);
  if (pid && !words.some((word) => word.includes(pid))) words.push(pid);
  return [...words, ...(changed ? [spokenChange(changed)] : [])].join(', ');
}

/** A tree about the stopped session: empty while there is none, fetched anew at every stop. */
export class LazyTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #tracker: SessionTracker;
  readonly #fetchRoots: (stopped: StoppedSession) => Promise<readonly TreeNode[]>;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;
  #roots: Promise<readonly TreeNode[]> | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    tracker: SessionTracker,
    fetchRoots: (stopped: StoppedSession) => Promise<readonly TreeNode[]>,
    log: vscode.LogOutputChannel,
  ) {
    this.#tracker = tracker;
    this.#fetchRoots = fetchRoots;
    this.#log = log;
    this.#subscription = tracker.onDidChange(() => {
      this.#roots = undefined;
      this.#changed.fire(undefined);
    });
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return node.item;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.parent;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    try {
      return [...(await (node ? node.children() : this.#currentRoots()))];
    } catch (error) {
      // The guest runs again or has ended: there will be another refresh.
      if (!this.#tracker.stopped) return [];
      const description = error instanceof Error ? error.message : String(error);
      this.#log.error(description);
      const icon = new vscode.ThemeIcon('error');
      return [new TreeNode(node, 'error', vscode.l10n.t('Cannot be read'), { description, icon })];
    }
  }

  /** The node of the page with an address, if the page is present. */
  async findPage(pid: number, va: number): Promise<TreeNode | undefined> {
    return descend(await this.#currentRoots(), pid, va);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #currentRoots(): Promise<readonly TreeNode[]> {
    const { stopped } = this.#tracker;
    this.#roots ??= stopped ? this.#fetchRoots(stopped) : Promise.resolve([]);
    return this.#roots;
  }
}

/** A tree and the view that shows it. */
export interface ShownTree {
  readonly tree: LazyTree;
  readonly view: vscode.TreeView<TreeNode>;
}

async function descend(nodes: readonly TreeNode[], pid: number, va: number): Promise<TreeNode | undefined> {
  for (const node of nodes) {
    const { range } = node;
    if (!range || range.pid !== pid || va < range.start || va >= range.end) continue;
    const found = node.isPage ? node : await descend(await node.children(), pid, va);
    if (found) return found;
  }
  return undefined;
}
