import * as vscode from 'vscode';

/** Edits bytes, those of a debugged program included; an extension of its own. */
const HEX_EDITOR = 'ms-vscode.hexeditor';

/** VS Code's own command behind "View Binary Data" in the Variables view. */
const VIEW_MEMORY = 'workbench.debug.viewlet.action.viewMemory';

/** Opens memory of a process in the Hex Editor, or says where to get that. */
export async function editInHexEditor(session: vscode.DebugSession, pid: number, address: number): Promise<void> {
  if (vscode.extensions.getExtension(HEX_EDITOR)) {
    const memoryReference = `p${pid}:0x${address.toString(16)}`;
    await vscode.commands.executeCommand(VIEW_MEMORY, { sessionId: session.id, variable: { memoryReference } });
    return;
  }
  const show = vscode.l10n.t('Show Hex Editor');
  const text = vscode.l10n.t('Memory is edited in the Hex Editor, an extension of its own ({0}).', HEX_EDITOR);
  const picked = await vscode.window.showInformationMessage(text, show);
  if (picked === show) await vscode.commands.executeCommand('workbench.extensions.search', `@id:${HEX_EDITOR}`);
}
