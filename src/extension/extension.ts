import * as vscode from 'vscode';
import { AdapterFactory } from './adapter-factory.ts';
import { addressSpaces } from './address-spaces-view.ts';
import { BundledSamples } from './bundled-samples.ts';
import { ChangeDecorations } from './changed-rows.ts';
import { registerCommands } from './commands.ts';
import { ComparisonPanels } from './comparison-panels.ts';
import { ConfigurationProvider } from './configuration-provider.ts';
import { debugSample } from './debug-sample.ts';
import { EventList } from './event-list.ts';
import { ExplainDocuments } from './explain-documents.ts';
import { followStops } from './follow-stops.ts';
import { forkDiffs } from './fork-diff-tree.ts';
import { LazyTree, type ShownTree, type TreeNode } from './lazy-tree.ts';
import { cowLedger } from './ledger-tree.ts';
import { MemoryDocuments } from './memory-documents.ts';
import { pageTables } from './page-table-view.ts';
import { PlatformPicker } from './platform-picker.ts';
import { platformRoots } from './platform-view.ts';
import { registerRunScope } from './run-scope.ts';
import { SessionTracker, type StoppedSession } from './session-tracker.ts';
import { followContexts } from './view-contexts.ts';
import { registerWalkthroughCommands } from './walkthrough-commands.ts';
import { registerWatchCommands } from './watch-commands.ts';
import { WatchList } from './watch-list.ts';
import { isEvent, isWatch, WatchesView } from './watches-view.ts';

const DEBUG_TYPE = 'pagewalk';

/** What other extensions, and the tests, get: what the views show, and the configurations that are offered. */
export interface Pagewalk {
  readonly addressSpaces: LazyTree;
  readonly pageTable: LazyTree;
  readonly ledger: LazyTree;
  readonly forkDiff: LazyTree;
  readonly platform: LazyTree;
  readonly watches: WatchesView;
  readonly watchList: WatchList;
  readonly eventList: EventList;
  readonly configurations: ConfigurationProvider;
}

export function activate(context: vscode.ExtensionContext): Pagewalk {
  const log = vscode.window.createOutputChannel('Pagewalk', { log: true });
  const tracker = new SessionTracker();
  const memory = new MemoryDocuments(tracker);
  const explanations = new ExplainDocuments(tracker);
  const samples = new BundledSamples(context.extensionUri);
  const configurations = new ConfigurationProvider(samples, log);
  const panels = new ComparisonPanels();
  const commandLine = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;

  const show = (id: string, roots: (stopped: StoppedSession) => Promise<readonly TreeNode[]>): ShownTree => {
    const tree = new LazyTree(tracker, roots, log);
    const view = vscode.window.createTreeView(id, { treeDataProvider: tree, showCollapseAll: true });
    context.subscriptions.push(tree, view);
    return { tree, view };
  };
  const spaces = show('pagewalk.addressSpaces', addressSpaces);
  const tables = show('pagewalk.pageTable', pageTables);
  const ledger = show('pagewalk.ledger', cowLedger);
  const forks = show('pagewalk.forkDiff', forkDiffs);
  const platform = show('pagewalk.platform', platformRoots);

  const watches = new WatchList(context.workspaceState, log);
  const events = new EventList(context.workspaceState, log);
  const watchesView = new WatchesView(watches, events);
  const shownWatches = vscode.window.createTreeView('pagewalk.watches', {
    treeDataProvider: watchesView,
    manageCheckboxStateManually: true,
  });

  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    log,
    tracker,
    memory,
    explanations,
    panels,
    watches,
    watchesView,
    shownWatches,
    shownWatches.onDidChangeCheckboxState(async ({ items }) => {
      const rows = items.map(([row, state]) => [row, state === vscode.TreeItemCheckboxState.Checked] as const);
      await watches.enable(new Map(rows.flatMap(([row, isOn]) => (isWatch(row) ? [[row, isOn] as const] : []))));
      await events.enable(new Map(rows.flatMap(([row, isOn]) => (isEvent(row) ? [[row, isOn] as const] : []))));
    }),
    events,
    vscode.window.registerFileDecorationProvider(new ChangeDecorations()),
    vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, events),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, configurations, Initial),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, dynamicOnly(configurations), Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory(commandLine)),
    vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, tracker),
    vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, watches),
    registerWatchCommands(watches, events, tracker),
    registerRunScope(),
    registerWalkthroughCommands(() => debugSample(samples, configurations)),
    followStops(tracker, [spaces, tables]),
    followContexts(tracker, log),
    registerCommands({
      samples,
      configurations,
      compare: { commandLine, configurations, panels },
      platforms: new PlatformPicker(configurations, context.extension),
      tracker,
      memory,
      explanations,
      addressSpaces: spaces,
      pageTable: tables,
    }),
  );
  return {
    addressSpaces: spaces.tree,
    pageTable: tables.tree,
    ledger: ledger.tree,
    forkDiff: forks.tree,
    platform: platform.tree,
    watches: watchesView,
    watchList: watches,
    eventList: events,
    configurations,
  };
}

/** Registered a second time the provider only lists: launch configurations must not be completed twice. */
const dynamicOnly = (configurations: ConfigurationProvider): vscode.DebugConfigurationProvider => ({
  provideDebugConfigurations: (folder, token) => configurations.startable(folder, token),
});
