import * as vscode from 'vscode';
import type { WatchSpec } from '../debug/custom-requests.ts';
import { syntaxProblem } from '../expressions/parse.ts';
import { problemText } from '../expressions/problem.ts';
import { askForAddress } from './ask-address.ts';
import type { TreeNode } from './lazy-tree.ts';
import { placeOf, type Place, type VariableContext } from './node-place.ts';
import type { SessionTracker } from './session-tracker.ts';
import type { EventList } from './event-list.ts';
import type { WatchList } from './watch-list.ts';
import { isEvent, isWatch, type WatchRow } from './watches-view.ts';
import { hex } from './words.ts';

const PAGE_SIZE = 4096;

type MakeSpec = (place: Place) => WatchSpec;

const page = ({ pid, address }: Place): { pid: number; va: string } => ({
  pid,
  va: hex(address - (address % PAGE_SIZE)),
});

/** What can be watched, by the command that adds it. */
const KINDS: Readonly<Record<string, MakeSpec>> = {
  watchPage: (place) => ({ kind: 'page', access: 'any', ...page(place) }),
  watchPageWrites: (place) => ({ kind: 'page', access: 'write', ...page(place) }),
  watchEntry: ({ pid, address, level }) => ({ kind: 'pte', pid, va: hex(address), ...(level > 0 ? { level } : {}) }),
  watchReferences: (place) => ({ kind: 'refcount', when: 'change', ...page(place) }),
  watchLastReference: (place) => ({ kind: 'refcount', when: 'one', ...page(place) }),
};

/** The commands of the view of address-space breakpoints, and those of the trees that fill it. */
export function registerWatchCommands(list: WatchList, events: EventList, tracker: SessionTracker): vscode.Disposable {
  const add = async (make: MakeSpec, target?: TreeNode | VariableContext): Promise<void> => {
    const place = placeOf(target) ?? (target ? undefined : await askForPlace(tracker));
    if (place) return list.add(make(place));
    if (target)
      void vscode.window.showInformationMessage(vscode.l10n.t('It is not in memory: there is nothing to watch.'));
  };
  const commands: Readonly<Record<string, (target?: never) => unknown>> = {
    ...Object.fromEntries(
      Object.entries(KINDS).map(([name, make]) => [name, (target?: TreeNode | VariableContext) => add(make, target)]),
    ),
    addWatch: () => askForKind().then((make) => make && add(make)),
    removeWatch: (row?: WatchRow) => isWatch(row) && list.remove(row),
    removeAllWatches: () => list.removeAll(),
    editWatchCondition: (row?: WatchRow) =>
      isWatch(row)
        ? editCondition(row.spec.condition, WATCH_EXAMPLE, (condition) => list.setCondition(row, condition))
        : isEvent(row) &&
          editCondition(row.condition, row.filter.example, (condition) => events.setCondition(row, condition)),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`pagewalk.${name}`, run)),
  );
}

async function askForKind(): Promise<MakeSpec | undefined> {
  const labels: Readonly<Record<keyof typeof KINDS, string>> = {
    watchPage: vscode.l10n.t('A page: any access'),
    watchPageWrites: vscode.l10n.t('A page: stores'),
    watchEntry: vscode.l10n.t('A page-table entry: when it changes'),
    watchReferences: vscode.l10n.t('A frame: when its references change'),
    watchLastReference: vscode.l10n.t('A frame: when one reference is left'),
  };
  const picked = await vscode.window.showQuickPick(
    Object.entries(labels).map(([command, label]) => ({ command, label })),
    { placeHolder: vscode.l10n.t('What to watch') },
  );
  return picked && KINDS[picked.command];
}

const PLACE = /^(?:p(\d{1,9}):)?(0x[0-9a-f]{1,12})$/i;

/** While a program is stopped any expression, which the adapter looks up; else an address. */
async function askForPlace(tracker: SessionTracker): Promise<Place | undefined> {
  const title = vscode.l10n.t('Add Address-Space Breakpoint');
  if (tracker.stopped) {
    const found = await askForAddress(tracker, title);
    return found && { pid: found.pid, address: Number(found.va), level: 0 };
  }
  const text = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('An address in process 1, or in process 2 as p2:0x10000'),
    placeHolder: '0x10000',
    validateInput: (value) =>
      PLACE.test(value.trim()) ? undefined : vscode.l10n.t('An address in hex, such as 0x10000 or p2:0x10000'),
  });
  const [, pid = '1', address] = PLACE.exec(text?.trim() ?? '') ?? [];
  return address === undefined ? undefined : { pid: Number(pid), address: Number(address), level: 0 };
}

const WATCH_EXAMPLE = '$pid == 2';

/** What it says of names is told by the adapter, in the row; what cannot be read is told while it is typed. */
async function editCondition(
  now: string | undefined,
  example: string | undefined,
  set: (condition: string) => Promise<void>,
): Promise<void> {
  const condition = await vscode.window.showInputBox({
    prompt: vscode.l10n.t('Stop only if this expression is true; empty for always'),
    placeHolder: example ?? '',
    value: now ?? '',
    validateInput: (text) => {
      const problem = text.trim() === '' ? undefined : syntaxProblem(text.trim());
      return problem && problemText(problem);
    },
  });
  if (condition !== undefined) await set(condition.trim());
}
