import * as vscode from 'vscode';
import { askForAddress, explain } from './ask-address.ts';
import type { BundledSamples } from './bundled-samples.ts';
import { comparePlatforms, type CompareParts } from './compare-command.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { debugSample } from './debug-sample.ts';
import type { ShownTree, TreeNode } from './lazy-tree.ts';
import { editInHexEditor } from './hex-editor.ts';
import type { MemoryDocuments } from './memory-documents.ts';
import { expressionOf, type Place, type Target } from './node-place.ts';
import type { PlatformPicker } from './platform-picker.ts';
import type { ExplainDocuments } from './explain-documents.ts';
import { pickProgramOfWorkspace } from './program-chooser.ts';
import type { SessionTracker } from './session-tracker.ts';
import { openSource } from './open-source.ts';
import { hex } from './words.ts';

/** What the commands work on. */
export interface CommandTargets {
  readonly samples: BundledSamples;
  readonly configurations: ConfigurationProvider;
  readonly compare: CompareParts;
  readonly platforms: PlatformPicker;
  readonly tracker: SessionTracker;
  readonly memory: MemoryDocuments;
  readonly explanations: ExplainDocuments;
  readonly addressSpaces: ShownTree;
  readonly pageTable: ShownTree;
}

/** The commands that package.json declares. */
export function registerCommands(targets: CommandTargets): vscode.Disposable {
  const { samples, configurations, compare, platforms, tracker, memory, explanations, addressSpaces, pageTable } =
    targets;
  const commands: Readonly<Record<string, (node?: TreeNode) => unknown>> = {
    debugSample: () => debugSample(samples, configurations),
    debugOnPlatform: () => platforms.debug(),
    pickProgram: () => pickProgramOfWorkspace(),
    pickPlatform: () => platforms.pick(),
    refresh: () => tracker.refresh(),
    goToPage: () => goToAddress(tracker, addressSpaces),
    goToEntry: () => goToAddress(tracker, pageTable),
    openSource: (node) => node?.source && openSource(node.source),
    comparePage: (node) => comparePage(tracker, memory, node),
    copyAddress: (node) => node?.range && vscode.env.clipboard.writeText(hex(node.range.start)),
    revealInPageTable: (node) => reveal(tracker, pageTable, node),
    revealInAddressSpaces: (node) => reveal(tracker, addressSpaces, node),
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('pagewalk.comparePlatforms', (attributes?: object) =>
      comparePlatforms(compare, attributes),
    ),
    vscode.commands.registerCommand('pagewalk.explainAddress', (target?: Target) => explanations.explain(target)),
    vscode.commands.registerCommand('pagewalk.openMemory', (target?: Target) => openMemory(tracker, memory, target)),
    vscode.commands.registerCommand('pagewalk.editMemory', (target?: Target | vscode.Uri) =>
      editMemory(tracker, memory, target),
    ),
    vscode.commands.registerCommand('pagewalk.saveComparison', () => compare.panels.save()),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`pagewalk.${name}`, run)),
  );
}

/** Shows the page of a node of one tree in the other. */
async function reveal(
  { stopped }: SessionTracker,
  { tree, view }: ShownTree,
  node: TreeNode | undefined,
): Promise<void> {
  if (!stopped || !node?.range) return;
  const { pid, start } = node.range;
  const page = await tree.findPage(pid, start);
  if (page) await view.reveal(page, { select: true, focus: true, expand: true });
}

/** Compares the bytes of a node's page on the two sides of a fork. */
async function comparePage(
  { stopped }: SessionTracker,
  memory: MemoryDocuments,
  node: TreeNode | undefined,
): Promise<void> {
  if (stopped && node?.range && node.sides) await memory.compare(stopped.session, node.sides, node.range.start);
}

/** Where a command's argument leads to in memory, or what the user is asked for. */
async function addressOf(
  tracker: SessionTracker,
  target: Target | undefined,
  purpose: string,
): Promise<Pick<Place, 'pid' | 'address'> | undefined> {
  const { stopped } = tracker;
  if (!stopped) return undefined;
  const expression = expressionOf(target);
  const found = expression === undefined ? await askForAddress(tracker, purpose) : await explain(stopped, expression);
  return found && { pid: found.pid, address: Number(found.va) };
}

/** Shows the memory that a command is about. */
async function openMemory(tracker: SessionTracker, memory: MemoryDocuments, target: Target | undefined): Promise<void> {
  const { stopped } = tracker;
  const place = await addressOf(tracker, target, vscode.l10n.t('Open Memory'));
  if (stopped && place) await memory.show(stopped.session, place.pid, place.address);
}

/** Has the memory that a command is about edited: that of a memory document, of a row, or of what is asked for. */
async function editMemory(
  tracker: SessionTracker,
  memory: MemoryDocuments,
  target: Target | vscode.Uri | undefined,
): Promise<void> {
  const shown = target instanceof vscode.Uri ? memory.placeIn(target) : undefined;
  const { stopped } = tracker;
  const asked = target instanceof vscode.Uri ? undefined : target;
  const place = shown ?? (await addressOf(tracker, asked, vscode.l10n.t('Edit Memory')));
  if (stopped && place) await editInHexEditor(stopped.session, place.pid, place.address);
}

/** Selects the page with an address that is asked for. */
async function goToAddress(tracker: SessionTracker, shown: ShownTree): Promise<void> {
  const place = await addressOf(tracker, undefined, vscode.l10n.t('Go to Address'));
  if (!place) return;
  const { pid, address } = place;
  const page = await shown.tree.findPage(pid, address);
  if (page) await shown.view.reveal(page, { select: true, focus: true, expand: true });
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t('No page is present at {0} in pid {1}.', hex(address), pid),
    );
}
