import * as vscode from 'vscode';
import type { SourceLine } from './lazy-tree.ts';

/** Opens a line of the program's source, beside nothing: in the column where sources are. */
export async function openSource({ file, line }: SourceLine): Promise<void> {
  const position = new vscode.Position(line - 1, 0);
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const selection = new vscode.Range(position, position);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, selection, preview: true });
  } catch {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('{0} is not on this computer. "sourceMap" in launch.json says where sources are.', file),
    );
  }
}
