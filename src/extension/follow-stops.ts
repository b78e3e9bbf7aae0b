import type * as vscode from 'vscode';
import type { StoppedBody } from '../debug/custom-requests.ts';
import type { ShownTree } from './lazy-tree.ts';
import type { SessionTracker } from './session-tracker.ts';

/** At a stop that is about a page, selects that page in the trees that are on screen. */
export function followStops(tracker: SessionTracker, trees: readonly ShownTree[]): vscode.Disposable {
  let followed: StoppedBody | undefined;
  return tracker.onDidChange(() => {
    const stop = tracker.stopped?.stop;
    if (!stop || stop === followed) return;
    followed = stop;
    for (const shown of trees) if (shown.view.visible) selectPage(shown, stop).catch(() => {}); // the guest may run again
  });
}

async function selectPage({ tree, view }: ShownTree, { pid, va }: StoppedBody): Promise<void> {
  const page = va === undefined ? undefined : await tree.findPage(pid, Number(va));
  if (page) await view.reveal(page, { select: true, focus: false });
}
