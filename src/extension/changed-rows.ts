import * as vscode from 'vscode';
import type { Changed } from '../inspect/view.ts';

/** Addresses with it stand for nothing: they tell VS Code how a row is decorated. */
const SCHEME = 'pagewalk-changed';

/** At the right of a row: what tells its change without colour. */
const BADGES: Readonly<Record<Changed['how'], string>> = { itself: '●', inside: '◐', used: '○' };

const HOWS = Object.keys(BADGES) as Changed['how'][];

/** Marks rows that are different since the last stop, as changed files are marked: by a badge and a colour. */
export class ChangeDecorations implements vscode.FileDecorationProvider {
  provideFileDecoration({ scheme, path }: vscode.Uri): vscode.FileDecoration | undefined {
    const how = scheme === SCHEME ? HOWS.find((one) => path === `/${one}`) : undefined;
    if (!how) return undefined;
    // Bits that the hart sets change all the time: a sign is enough.
    const color = how === 'used' ? undefined : new vscode.ThemeColor('pagewalk.changedForeground');
    return new vscode.FileDecoration(BADGES[how], titleOf(how), color);
  }
}

/** Has a row decorated as a changed one. */
export function decorate(item: vscode.TreeItem, { how, text }: Changed): void {
  item.resourceUri = vscode.Uri.from({ scheme: SCHEME, path: `/${how}` });
  const line = `${BADGES[how]} ${titleOf(how)}: ${text}`;
  if (item.tooltip instanceof vscode.MarkdownString)
    item.tooltip = new vscode.MarkdownString(`${item.tooltip.value}\n\n${line}`);
  else item.tooltip = item.tooltip ? `${item.tooltip}\n${line}` : line;
}

/** What a row says of its change. */
export function changeText({ changed }: { readonly changed?: Changed }): string | undefined {
  return changed?.how === 'used' ? undefined : changed?.text;
}

/** What a screen reader says of it, after the rest. */
export function spokenChange({ how, text }: Changed): string {
  return `${titleOf(how)}: ${text}`;
}

function titleOf(how: Changed['how']): string {
  switch (how) {
    case 'itself':
      return vscode.l10n.t('changed since the last stop');
    case 'inside':
      return vscode.l10n.t('holds changes since the last stop');
    case 'used':
      return vscode.l10n.t('accessed since the last stop');
  }
}
