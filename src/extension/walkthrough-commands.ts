import * as vscode from 'vscode';

/** The buttons of the walkthrough whose goal is there only while a program is debugged, or a folder is open. */
export function registerWalkthroughCommands(debugSample: () => Thenable<boolean>): vscode.Disposable {
  const show = async (view: string, what: string): Promise<void> => {
    if (vscode.debug.activeDebugSession?.type !== 'pagewalk') {
      const start = vscode.l10n.t('Debug Sample');
      const picked = await vscode.window.showInformationMessage(what, start);
      if (picked !== start || !(await debugSample())) return;
    }
    await vscode.commands.executeCommand(view);
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('pagewalk.showBreakpoints', () =>
      show(
        'workbench.debug.action.focusBreakpointsView',
        vscode.l10n.t('The checkboxes are in the Breakpoints view while a program is debugged.'),
      ),
    ),
    vscode.commands.registerCommand('pagewalk.showAddressSpaces', () =>
      show(
        'pagewalk.addressSpaces.focus',
        vscode.l10n.t('Address spaces are in the panel Pagewalk while a program is debugged.'),
      ),
    ),
    vscode.commands.registerCommand('pagewalk.addConfiguration', async () => {
      if (vscode.workspace.workspaceFolders) {
        await vscode.commands.executeCommand('debug.addConfiguration');
        return;
      }
      const open = vscode.l10n.t('Open Folder');
      const text = vscode.l10n.t('A configuration is kept in the folder of your program.');
      if ((await vscode.window.showInformationMessage(text, open)) === open)
        await vscode.commands.executeCommand('vscode.openFolder');
    }),
  );
}
