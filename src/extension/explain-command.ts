import * as vscode from 'vscode';
import type { AddressExplanation } from '../inspect/explain.ts';
import type { TreeNode } from './lazy-tree.ts';
import { placeOf, type VariableContext } from './node-place.ts';
import { ask, type SessionTracker } from './session-tracker.ts';
import { hex, joined } from './words.ts';

const SCHEME = 'pagewalk-explain';
/** Wrapped, since its lines are sentences. */
const LANGUAGE = 'pagewalk-explanation';

/** Explanations of addresses as read-only documents, made anew whenever the guest has stopped. */
export class ExplainDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #tracker: SessionTracker;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];

  readonly onDidChange = this.#changed.event;

  constructor(tracker: SessionTracker) {
    this.#tracker = tracker;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      tracker.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments)
          if (uri.scheme === SCHEME && !tracker.isRunning(uri.authority)) this.#changed.fire(uri);
      }),
    ];
  }

  /** Explains what a row is about, or the expression that the user is asked for. */
  async explain(target: TreeNode | VariableContext | undefined): Promise<void> {
    const { stopped } = this.#tracker;
    if (!stopped) return;
    const expression = expressionOf(target) ?? (await askForExpression());
    if (!expression) return;
    const { session } = stopped;
    const frame = vscode.debug.activeStackItem;
    const frameId =
      frame instanceof vscode.DebugStackFrame && frame.session.id === session.id ? frame.frameId : undefined;
    try {
      const args = { expression, ...(frameId === undefined ? {} : { frameId }) };
      const { explanation } = await ask(session, 'pagewalk/explain', args);
      const { pid, va } = explanation;
      const path = `/${vscode.l10n.t('Explain {0}', `pid ${pid} ${va}`)}`;
      const uri = vscode.Uri.from({ scheme: SCHEME, authority: session.id, path, query: `p${pid}:${va}` });
      const document = await vscode.languages.setTextDocumentLanguage(
        await vscode.workspace.openTextDocument(uri),
        LANGUAGE,
      );
      await vscode.window.showTextDocument(document, { preview: true });
    } catch (error) {
      void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
    }
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const session = this.#tracker.find(uri.authority);
    if (!session) return vscode.l10n.t('The debug session has ended.');
    if (this.#tracker.isRunning(session.id))
      return vscode.l10n.t('The program is running: pause it to have the address explained.');
    try {
      return explanationDocument((await ask(session, 'pagewalk/explain', { expression: uri.query })).explanation);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}

function expressionOf(target: TreeNode | VariableContext | undefined): string | undefined {
  // A pointer's memory reference is its target, which is what the expression comes to as well.
  if (target && 'variable' in target && target.variable.evaluateName) return target.variable.evaluateName;
  const place = placeOf(target);
  return place && `p${place.pid}:${hex(place.address)}`;
}

function askForExpression(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    prompt: vscode.l10n.t('An address, a pointer, or anything that is in memory; in process 2: p2:0x10000'),
    placeHolder: '0x10000',
    value: selectedText(),
  });
}

/** The selection, or the word at the cursor, of a source that is looked at. */
function selectedText(): string {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return '';
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.getWordRangeAtPosition(selection.active) : selection;
  const text = range ? document.getText(range).trim() : '';
  return text.includes('\n') ? '' : text;
}

function explanationDocument({
  va,
  pid,
  mapping,
  walk,
  physical,
  page,
  history,
  accesses,
}: AddressExplanation): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  return [
    vscode.l10n.t('{0} in pid {1}', va, pid),
    page?.explanation ?? vscode.l10n.t('no page is present'),
    ...section(vscode.l10n.t('Mapping'), [
      mapping
        ? joined(
            `${mapping.range} ${mapping.perms} ${mapping.name}`,
            mapping.name.includes(mapping.kind) ? undefined : mapping.kind,
            mapping.offset && vscode.l10n.t('offset {0}', mapping.offset),
          )
        : vscode.l10n.t('nothing is mapped here'),
    ]),
    ...section(vscode.l10n.t('Page-Table Walk'), walk),
    ...(page && physical
      ? section(vscode.l10n.t('Frame {0}', hex(page.frame)), [
          vscode.l10n.t('physical address {0}', physical),
          ...page.owners,
        ])
      : []),
    ...section(vscode.l10n.t('Sharing'), history),
    ...section(
      vscode.l10n.t('Accesses'),
      accesses.map(({ verdict }) => verdict),
    ),
    '',
  ].join('\n');
}
