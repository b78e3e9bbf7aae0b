import * as vscode from 'vscode';
import { ask, type SessionTracker } from './session-tracker.ts';

/**
 * Tells package.json's `when` clauses which views have something to show: the fork diff once a process has forked, the
 * platform's where there are slots.
 */
export function followContexts(tracker: SessionTracker, log: vscode.LogOutputChannel): vscode.Disposable {
  /** Of the session that is shown: what is once so stays so. */
  let known = { session: '', hasForked: false, hasSlots: undefined as boolean | undefined };
  const look = async (): Promise<void> => {
    const { stopped } = tracker;
    if (!stopped) return;
    const { session } = stopped;
    if (known.session !== session.id) known = { session: session.id, hasForked: false, hasSlots: undefined };
    const told = known;
    told.hasSlots ??= (await ask(session, 'pagewalk/platform', {})).slotCount > 0;
    told.hasForked ||= (await ask(session, 'pagewalk/liveForks', {})).forks.length > 0;
    if (told !== known) return;
    for (const name of ['hasForked', 'hasSlots'] as const)
      void vscode.commands.executeCommand('setContext', `pagewalk.${name}`, told[name]);
  };
  return tracker.onDidChange(() => {
    look().catch((error: unknown) => {
      // The guest runs again or has ended: there will be another change.
      if (tracker.stopped) log.error(error instanceof Error ? error : String(error));
    });
  });
}
