import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import {
  activateExtension,
  breakAt,
  click,
  openDebugViews,
  removeBreakpoints,
  screenshot,
  SessionFollower,
  until,
} from './driver.ts';

const PARENT = 1;
const CHILD = 2;
/** Views that make room for the pictures. */
const ROOMY = [
  'workbench.debug.watchExpressionsView',
  'workbench.debug.breakPointsView',
  'workbench.debug.loadedScriptsView',
];
const VIEW = { view: 'Address-Space Breakpoints' };

/** One session: each test goes on where the one before it stopped. */
describe('address-space breakpoints', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;
  let va: string;

  const continued = async (): Promise<string> => {
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await follower.stop();
    return follower.lastStop.reason;
  };
  /** The list as a person reads it: `[x] label | description`. */
  const rows = (): string[] =>
    pagewalk.watchList.all.map((watch) => {
      const { label, description, checkboxState } = pagewalk.watches.getTreeItem(watch);
      const box = checkboxState === vscode.TreeItemCheckboxState.Checked ? 'x' : ' ';
      return `[${box}] ${label as string} | ${description as string}`;
    });

  before(async () => {
    pagewalk = await activateExtension();
    follower = new SessionFollower();
    await openDebugViews();
    await vscode.commands.executeCommand('pagewalk.removeAllWatches');
    await breakAt('fork-cow.c', 'int pid = fork()');
    void vscode.commands.executeCommand('workbench.action.debug.start');
    await follower.stop();
    const [frame] = await follower.stack(PARENT);
    const { memoryReference } = await follower.evaluate('&counter', frame.id);
    const address = Number(memoryReference?.replace('p1:', ''));
    va = `0x${(address - (address % 4096)).toString(16)}`;
  });

  after(async () => {
    await follower.stopDebugging();
    follower[Symbol.dispose]();
    removeBreakpoints();
    await vscode.commands.executeCommand('pagewalk.removeAllWatches');
  });

  it('come from the menu of a page, of an entry and of a variable', async () => {
    const page = await pagewalk.addressSpaces.findPage(PARENT, Number(va));
    await vscode.commands.executeCommand('pagewalk.watchLastReference', page);
    const entry = await pagewalk.pageTable.findPage(PARENT, Number(va));
    await vscode.commands.executeCommand('pagewalk.watchEntry', entry);
    const variable = { name: 'counter', memoryReference: `p1:${va}` };
    await vscode.commands.executeCommand('pagewalk.watchPage', { variable });
    assert.deepEqual(rows(), [
      `[x] frame of ${va}, pid 1 | one reference is left`,
      `[x] entry of ${va}, pid 1 | changes`,
      `[x] page ${va} of pid 1 | any access`,
    ]);
    // Room for the rows.
    for (const other of ROOMY) await vscode.commands.executeCommand(`${other}.toggleVisibility`);
    await vscode.commands.executeCommand('pagewalk.watches.focus');
    await screenshot('watches', { ...VIEW, text: `page ${va} of pid 1` });
  });

  it('stop when the fork protects the entry, which the view shows', async () => {
    const page = pagewalk.watchList.all[2];
    // The store before the fork is not what this is about.
    await vscode.commands.executeCommand('pagewalk.removeWatch', page);
    const reason = await continued();
    assert.match(
      reason,
      /^The entry of 0x[0-9a-f]+ in pid 1: .*W cleared, CoW set, by the kernel in clone\(2\) of pid 1/,
    );
    await until('the mark in the view', () => rows()[1].includes('stopped here') || undefined);
    await screenshot('watch-entry');
    await screenshot('watch-entry-list', VIEW);
  });

  it('stop when one reference is left, and not while the box is not checked', async () => {
    const [frame, entry] = pagewalk.watchList.all;
    await pagewalk.watchList.enable(new Map([[entry, false]]));
    assert.deepEqual(
      rows().map((row) => row.slice(0, 3)),
      ['[x]', '[ ]'],
    );
    assert.ok(frame.enabled);
    const reason = await continued();
    assert.match(reason, /has 1 reference \(it had 2\), by the kernel at a page fault \(cow\) of pid 2, /);
    assert.equal(follower.lastStop.pid, CHILD);
    await until('the mark in the view', () => rows()[0].includes('stopped here') || undefined);
    await screenshot('watch-reference');
    const item = pagewalk.watches.getTreeItem(pagewalk.watchList.all[0]);
    assert.match(
      item.accessibilityInformation?.label ?? '',
      /^frame of 0x11000, pid 1, one reference is left, stopped here, last at child \(fork-cow\.c:\d+\), on$/,
    );
    await click(item);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor?.document.lineAt(editor.selection.active).text.includes('counter = 42'));
    for (const other of ROOMY) await vscode.commands.executeCommand(`${other}.toggleVisibility`);
  });

  it('wait where the address is not mapped, and say so', async () => {
    await vscode.commands.executeCommand('pagewalk.watchPage', {
      variable: { name: 'far', memoryReference: 'p1:0x7000' },
    });
    const row = await until('the message', () => rows().find((one) => one.includes('not mapped')));
    assert.equal(row, '[x] page 0x7000 of pid 1 | any access · 0x7000 is not mapped in pid 1 now');
  });

  it('the process alone can be run, and all again', async () => {
    await vscode.commands.executeCommand('pagewalk.removeAllWatches');
    await vscode.commands.executeCommand('pagewalk.toggleRunScope');
    await screenshot('run-process-only');
    // The child runs to its end, and the parent, which waits for it, has not gone on.
    const reason = await continued();
    assert.equal(reason, 'Process 2, which alone was to run, has ended');
    assert.doesNotMatch(follower.output, /parent:/);
    await vscode.commands.executeCommand('pagewalk.toggleRunScope');
    await follower.runToEnd();
    assert.match(follower.output, /parent: counter 3/);
  });
});
