import * as vscode from 'vscode';
import type { AddressExplanation } from '../inspect/explain.ts';
import { askForAddress, explain } from './ask-address.ts';
import { explanationLinks, explanationText } from './explanation-text.ts';
import { expressionOf, type Target } from './node-place.ts';
import { ask, type SessionTracker } from './session-tracker.ts';

const SCHEME = 'pagewalk-explain';
/** Wrapped, since its lines are sentences. */
const LANGUAGE = 'pagewalk-explanation';

/** Explanations of addresses as read-only documents beside the source, made anew whenever the guest has stopped. */
export class ExplainDocuments
  implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable
{
  readonly #tracker: SessionTracker;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];
  /** What is shown, by address of the document. */
  readonly #shown = new Map<string, AddressExplanation>();
  /** What was asked for, likewise: a later stop may know nothing of that name. */
  readonly #asked = new Map<string, AddressExplanation['asked']>();

  readonly onDidChange = this.#changed.event;

  constructor(tracker: SessionTracker) {
    this.#tracker = tracker;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: SCHEME }, this),
      vscode.debug.onDidTerminateDebugSession(() => {
        this.#shown.clear();
        this.#asked.clear();
      }),
      tracker.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments)
          if (uri.scheme === SCHEME && !tracker.isRunning(uri.authority)) this.#changed.fire(uri);
      }),
    ];
  }

  /** Explains what a row is about, or what the user is asked for. */
  async explain(target: Target | undefined): Promise<void> {
    const { stopped } = this.#tracker;
    if (!stopped) return;
    try {
      const expression = expressionOf(target);
      const explanation =
        expression === undefined
          ? await askForAddress(this.#tracker, vscode.l10n.t('Explain Address'))
          : await explain(stopped, expression);
      if (explanation) await this.#show(stopped.session, explanation, expression !== undefined);
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
      const { explanation } = await ask(session, 'pagewalk/explain', { expression: uri.query });
      const asked = this.#asked.get(uri.toString());
      const shown = asked ? { ...explanation, asked } : explanation;
      this.#shown.set(uri.toString(), shown);
      return explanationText(shown);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const shown = this.#shown.get(document.uri.toString());
    return shown && document.getText() === explanationText(shown) ? explanationLinks(document, shown) : [];
  }

  async #show(session: vscode.DebugSession, explanation: AddressExplanation, preserveFocus: boolean): Promise<void> {
    const { pid, va, asked } = explanation;
    const path = `/${vscode.l10n.t('Explain {0}', `${va} (pid ${pid})`)}`;
    const uri = vscode.Uri.from({ scheme: SCHEME, authority: session.id, path, query: `p${pid}:${va}` });
    this.#asked.set(uri.toString(), asked);
    this.#changed.fire(uri);
    const document = await vscode.languages.setTextDocumentLanguage(
      await vscode.workspace.openTextDocument(uri),
      LANGUAGE,
    );
    await vscode.window.showTextDocument(document, { viewColumn: column(), preview: true, preserveFocus });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}

/** Where explanations are already, else beside the source, else where there is no editor yet. */
function column(): vscode.ViewColumn {
  const groups = vscode.window.tabGroups.all;
  const known = groups.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.scheme === SCHEME),
  );
  if (known) return known.viewColumn;
  return groups.some(({ tabs }) => tabs.length > 0) ? vscode.ViewColumn.Two : vscode.ViewColumn.Active;
}
