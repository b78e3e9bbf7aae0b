import * as vscode from 'vscode';
import type { AddressExplanation } from '../inspect/explain.ts';
import { ask, type SessionTracker, type StoppedSession } from './session-tracker.ts';

/**
 * Everything about what an expression means in the frame that is looked at: an address, a pointer's target, or where an
 * object is.
 * @throws with the adapter's sentence where it means nothing
 */
export async function explain({ session }: StoppedSession, expression: string): Promise<AddressExplanation> {
  const frameId = await frameIdOf(session);
  const args = { expression, ...(frameId === undefined ? {} : { frameId }) };
  return (await ask(session, 'pagewalk/explain', args)).explanation;
}

/** Asks for an address, as a number or an expression in the frame that is looked at, and says what is wrong with it. */
export async function askForAddress(
  { stopped }: SessionTracker,
  purpose: string,
): Promise<AddressExplanation | undefined> {
  if (!stopped) return undefined;
  const problem = async (text: string): Promise<string | undefined> => {
    try {
      if (text.trim() !== '') await explain(stopped, text.trim());
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const word = wordAtCursor();
  const text = await vscode.window.showInputBox({
    title: purpose,
    prompt: vscode.l10n.t('An address, a pointer, or anything that is in memory; in process 2: p2:0x10000'),
    placeHolder: 'counter, &note[2], $sp, 0x10000',
    value: word !== '' && (await problem(word)) === undefined ? word : '',
    validateInput: problem,
  });
  return text?.trim() ? explain(stopped, text.trim()) : undefined;
}

/** The frame that is selected in the call stack, or the innermost one of the thread that is. */
async function frameIdOf(session: vscode.DebugSession): Promise<number | undefined> {
  const item = vscode.debug.activeStackItem;
  if (item?.session.id !== session.id) return undefined;
  if (item instanceof vscode.DebugStackFrame) return item.frameId;
  const args = { threadId: item.threadId, levels: 1 };
  const body = (await session.customRequest('stackTrace', args)) as { stackFrames: { id: number }[] };
  return body.stackFrames[0]?.id;
}

/** The selection, or the word at the cursor, of a source that is looked at. */
function wordAtCursor(): string {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.uri.scheme !== 'file') return '';
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.getWordRangeAtPosition(selection.active) : selection;
  const text = range ? document.getText(range).trim() : '';
  return text.includes('\n') ? '' : text;
}
