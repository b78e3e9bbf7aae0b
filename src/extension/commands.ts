import * as vscode from 'vscode';
import type { BundledSamples } from './bundled-samples.ts';
import { comparePlatforms, type CompareParts } from './compare-command.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { debugSample } from './debug-sample.ts';
import type { ShownTree, TreeNode } from './lazy-tree.ts';
import type { MemoryDocuments } from './memory-documents.ts';
import type { VariableContext } from './node-place.ts';
import type { PlatformPicker } from './platform-picker.ts';
import type { ExplainDocuments } from './explain-command.ts';
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
    openMemory: (node) => openMemory(tracker, memory, node),
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
    vscode.commands.registerCommand('pagewalk.explainAddress', (target?: TreeNode | VariableContext) =>
      explanations.explain(target),
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

/** Shows the memory of a node, or of an address that is asked for. */
async function openMemory(tracker: SessionTracker, memory: MemoryDocuments, node: TreeNode | undefined): Promise<void> {
  const { stopped } = tracker;
  if (!stopped) return;
  const { session, stop } = stopped;
  if (node?.range) return memory.show(session, node.range.pid, node.range.start);
  const pid = stop?.pid ?? 1;
  const address = await vscode.window.showInputBox({
    prompt: vscode.l10n.t('An address in the memory of process {0}', pid),
    placeHolder: '0x10000',
    validateInput: (value) =>
      /^0x[0-9a-f]{1,12}$/i.test(value.trim()) ? undefined : vscode.l10n.t('An address in hex, such as 0x10000'),
  });
  if (address) await memory.show(session, pid, Number(address.trim()));
}
