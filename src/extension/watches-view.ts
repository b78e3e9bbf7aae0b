import * as vscode from 'vscode';
import type { WatchSpec } from '../debug/custom-requests.ts';
import type { EventList, ListedEvent } from './event-list.ts';
import { sourceOf } from './lazy-tree.ts';
import { keyOf, type ListedWatch, type WatchList } from './watch-list.ts';
import { joined } from './words.ts';

/** The row that holds the event filters which VS Code does not list. */
const EVENTS = 'events';

export type WatchRow = ListedWatch | ListedEvent | typeof EVENTS;

/** Whether a row is an event filter. */
export function isEvent(row: WatchRow | undefined): row is ListedEvent {
  return row !== undefined && row !== EVENTS && 'filter' in row;
}

/** Whether a row is a watch. */
export function isWatch(row: WatchRow | undefined): row is ListedWatch {
  return row !== undefined && row !== EVENTS && 'spec' in row;
}

/** The view of the address-space breakpoints: watches, and more kinds of events, all with checkboxes. */
export class WatchesView implements vscode.TreeDataProvider<WatchRow>, vscode.Disposable {
  readonly #list: WatchList;
  readonly #events: EventList;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: WatchList, events: EventList) {
    this.#list = list;
    this.#events = events;
    const changed = (): void => this.#changed.fire(undefined);
    this.#subscription = vscode.Disposable.from(list.onDidChange(changed), events.onDidChange(changed));
  }

  getChildren(row?: WatchRow): WatchRow[] {
    if (row === undefined) return [...this.#list.all, EVENTS];
    return row === EVENTS ? [...this.#events.all] : [];
  }

  getTreeItem(row: WatchRow): vscode.TreeItem {
    if (row === EVENTS) return this.#eventsItem();
    return isEvent(row) ? this.#eventItem(row) : this.#watchItem(row);
  }

  #eventsItem(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t('More events'), vscode.TreeItemCollapsibleState.Expanded);
    const on = this.#events.all.filter(({ enabled }) => enabled).length;
    item.id = EVENTS;
    item.contextValue = EVENTS;
    item.description = on > 0 ? vscode.l10n.t('{0} on', on) : '';
    item.tooltip = vscode.l10n.t(
      'Kinds of events to stop at, beside those of the Breakpoints view. Pages, page-table entries and frames are added from their menus, from those of variables, and by the button above.',
    );
    item.accessibilityInformation = { label: joined(item.label as string, item.description) };
    return item;
  }

  #eventItem(event: ListedEvent): vscode.TreeItem {
    const { filter, enabled, condition } = event;
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const status = this.#events.status(event);
    const isHit = this.#events.isHit(event);
    const item = new vscode.TreeItem(filter.label);
    item.id = `${EVENTS} ${filter.id}`;
    item.checkboxState = enabled ? Checked : Unchecked;
    item.contextValue = 'event';
    const words = [
      condition && vscode.l10n.t('if {0}', condition),
      isHit && vscode.l10n.t('stopped here'),
      status?.message,
    ];
    item.description = joined(...words);
    if (isHit) item.iconPath = new vscode.ThemeIcon('debug-stackframe-active');
    else if (status && !status.verified) item.iconPath = new vscode.ThemeIcon('warning');
    item.tooltip = filter.description;
    item.accessibilityInformation = {
      label: [
        filter.label,
        ...words.filter(Boolean),
        enabled ? vscode.l10n.t('on') : vscode.l10n.t('off'),
        filter.description,
      ].join(', '),
    };
    return item;
  }

  #watchItem(watch: ListedWatch): vscode.TreeItem {
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    // What is off need not be watched for now, but its condition should be right.
    const status = watch.enabled || watch.spec.condition ? this.#list.status(watch) : undefined;
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
