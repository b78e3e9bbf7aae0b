import * as vscode from 'vscode';
import type { WatchSpec } from '../debug/custom-requests.ts';
import { sourceOf } from './lazy-tree.ts';
import { keyOf, type ListedWatch, type WatchList } from './watch-list.ts';
import { joined } from './words.ts';

/** The view of the address-space breakpoints: a flat list with checkboxes. */
export class WatchesView implements vscode.TreeDataProvider<ListedWatch>, vscode.Disposable {
  readonly #list: WatchList;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: WatchList) {
    this.#list = list;
    this.#subscription = list.onDidChange(() => this.#changed.fire(undefined));
  }

  getChildren(watch?: ListedWatch): ListedWatch[] {
    return watch ? [] : [...this.#list.all];
  }

  getTreeItem(watch: ListedWatch): vscode.TreeItem {
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const status = watch.enabled ? this.#list.status(watch) : undefined;
    const isHit = this.#list.isHit(watch);
    const item = new vscode.TreeItem(labelOf(watch.spec));
    // The same row when it is checked or told of.
    item.id = keyOf(watch.spec);
    item.checkboxState = watch.enabled ? Checked : Unchecked;
    item.contextValue = 'watch';
    const lastHit = this.#list.lastHit(watch);
    const source = sourceOf(lastHit);
    const words = [
      whenOf(watch.spec),
      watch.spec.condition && vscode.l10n.t('if {0}', watch.spec.condition),
      isHit && vscode.l10n.t('stopped here'),
      lastHit && vscode.l10n.t('last at {0}', lastHit.text),
      status?.message,
    ];
    item.description = joined(...words);
    item.accessibilityInformation = {
      label: [
        item.label as string,
        ...words.filter(Boolean),
        watch.enabled ? vscode.l10n.t('on') : vscode.l10n.t('off'),
      ].join(', '),
    };
    if (source)
      item.command = { command: 'pagewalk.openSource', title: vscode.l10n.t('Open Source'), arguments: [{ source }] };
    item.iconPath = new vscode.ThemeIcon(
      isHit
        ? 'debug-stackframe-active'
        : status && !status.verified
          ? 'debug-breakpoint-data-unverified'
          : ICONS[watch.spec.kind],
    );
    item.tooltip = tooltipOf(watch.spec);
    return item;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

const ICONS: Record<WatchSpec['kind'], string> = { page: 'eye', pte: 'table', refcount: 'references' };

function labelOf({ kind, pid, va, ...rest }: WatchSpec): string {
  switch (kind) {
    case 'page':
      return vscode.l10n.t('page {0} of pid {1}', va, pid);
    case 'pte': {
      const level = 'level' in rest ? rest.level : 0;
      return level
        ? vscode.l10n.t('level {0} entry of {1}, pid {2}', level, va, pid)
        : vscode.l10n.t('entry of {0}, pid {1}', va, pid);
    }
    case 'refcount':
      return vscode.l10n.t('frame of {0}, pid {1}', va, pid);
  }
}

function whenOf(spec: WatchSpec): string {
  switch (spec.kind) {
    case 'page':
      return {
        any: vscode.l10n.t('any access'),
        read: vscode.l10n.t('loads'),
        write: vscode.l10n.t('stores'),
      }[spec.access];
    case 'pte':
      return vscode.l10n.t('changes');
    case 'refcount':
      return spec.when === 'one' ? vscode.l10n.t('one reference is left') : vscode.l10n.t('references change');
  }
}

function tooltipOf(spec: WatchSpec): string {
  switch (spec.kind) {
    case 'page':
      return vscode.l10n.t('Stops after an access to this page, by any process or by the kernel for it.');
    case 'pte':
      return vscode.l10n.t('Stops after a bit or the frame of this page-table entry has changed, and says by what.');
    case 'refcount':
      return vscode.l10n.t(
        'Stops after the number of references to the frame has changed, which this address has now.',
      );
  }
}
