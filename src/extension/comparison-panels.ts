import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { comparisonReport, type Comparison } from '../inspect/comparison-report.ts';
import type { Words } from '../inspect/words.ts';

/** What VS Code says things in. */
const WORDS: Words = { language: vscode.env.language, say: (text, ...filledIn) => vscode.l10n.t(text, ...filledIn) };

const VIEW_TYPE = 'pagewalk.comparison';

/** Comparisons of platforms as editor tabs: documents without scripts, in the colours of the theme. */
export class ComparisonPanels implements vscode.Disposable {
  readonly #open = new Map<vscode.WebviewPanel, Comparison>();

  show(comparison: Comparison): void {
    const name = path.basename(comparison.program);
    const title = vscode.l10n.t('Platforms: {0}', name);
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, title, vscode.ViewColumn.Active, {
      enableFindWidget: true,
      localResourceRoots: [],
    });
    this.#open.set(panel, comparison);
    panel.onDidDispose(() => this.#open.delete(panel));
    panel.webview.html = comparisonReport(
      comparison,
      { kind: 'editor', nonce: randomBytes(16).toString('hex') },
      WORDS,
    );
  }

  /** Saves the comparison of the active tab as a page that any browser shows. */
  async save(): Promise<void> {
    const comparison = [...this.#open].find(([panel]) => panel.active)?.[1];
    if (!comparison) return;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(path.dirname(comparison.program));
    const file = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(folder, `${path.basename(comparison.program)}-platforms.html`),
      filters: { HTML: ['html'] },
    });
    if (!file) return;
    const page = comparisonReport(comparison, { kind: 'page' }, WORDS);
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(page));
  }

  dispose(): void {
    for (const panel of this.#open.keys()) panel.dispose();
  }
}
