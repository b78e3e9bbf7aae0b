import * as vscode from 'vscode';
import type { RunScope } from '../debug/custom-requests.ts';
import { ask } from './session-tracker.ts';

/** What package.json's menus ask for. */
const CONTEXT = 'pagewalk.runScope';

/** Whether Continue lets all processes run, or only the one that is looked at: a switch in the debug tool bar. */
export function registerRunScope(): vscode.Disposable {
  const scopes = new Map<string, RunScope>();
  const show = (): void => {
    const session = vscode.debug.activeDebugSession;
    void vscode.commands.executeCommand('setContext', CONTEXT, (session && scopes.get(session.id)) ?? 'all');
  };
  const set = async (scope?: RunScope): Promise<void> => {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== 'pagewalk') return;
    const wanted = scope ?? (scopes.get(session.id) === 'process' ? 'all' : 'process');
    await ask(session, 'pagewalk/setRunScope', { scope: wanted });
    scopes.set(session.id, wanted);
    show();
    void vscode.window.setStatusBarMessage(
      wanted === 'process'
        ? vscode.l10n.t('Continue runs this process only, while it can run.')
        : vscode.l10n.t('Continue runs all processes.'),
      5000,
    );
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('pagewalk.runProcessOnly', () => set('process')),
    vscode.commands.registerCommand('pagewalk.runAllProcesses', () => set('all')),
    vscode.commands.registerCommand('pagewalk.toggleRunScope', () => set()),
    vscode.debug.onDidChangeActiveDebugSession(show),
    vscode.debug.onDidTerminateDebugSession(({ id }) => {
      scopes.delete(id);
      show();
    }),
  );
}
