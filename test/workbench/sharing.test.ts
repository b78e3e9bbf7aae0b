import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { TreeNode } from '../../src/extension/lazy-tree.ts';
import {
  activateExtension,
  breakAt,
  openDebugViews,
  outline,
  removeBreakpoints,
  screenshot,
  SessionFollower,
  until,
} from './driver.ts';

/** One session, stopped where the child has written one of its two pages. */
describe('who shares a page', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;

  before(async () => {
    pagewalk = await activateExtension();
    follower = new SessionFollower();
    await openDebugViews();
    await breakAt('fork-cow.c', "note[0] = 'C'");
    void vscode.commands.executeCommand('workbench.action.debug.start');
    await follower.stop();
  });

  after(async () => {
    await follower.stopDebugging();
    follower[Symbol.dispose]();
    removeBreakpoints();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** The text of the editor that is shown, once it is one of ours. */
  const shownText = (scheme: string): Promise<string> =>
    until(`a document of ${scheme}`, () => {
      const document = vscode.window.activeTextEditor?.document;
      return document?.uri.scheme === scheme && document.lineCount > 1 ? document.getText() : undefined;
    });

  it('is explained for a page of the tree and for a variable', async () => {
    const page = await pagewalk.addressSpaces.findPage(2, 0x11000);
    await vscode.commands.executeCommand('pagewalk.explainAddress', page);
    const ofPage = await shownText('pagewalk-explain');
    assert.match(ofPage, /^0x11000 in pid 2\nprivate: frame 0x/);
    assert.match(
      ofPage,
      /\n\nSharing\n {2}was shared since pid 1 forked pid 2 at main \(fork-cow\.c:\d+\), instruction/,
    );
    assert.match(ofPage, /\n {2}sharing broken: pid 2 wrote at child \(fork-cow\.c:\d+\)/);
    const variable = { name: 'note', evaluateName: 'note', memoryReference: 'p2:0x0' };
    await vscode.commands.executeCommand('pagewalk.explainAddress', { variable });
    const text = await until('the other explanation', async () => {
      const shown = await shownText('pagewalk-explain');
      return shown.includes('copy-on-write, shared with pid 1') ? shown : undefined;
    });
    assert.match(text, /\n {2}a store faults: copy-on-write, shared with pid 1: the next write copies frame/);
    assert.equal(vscode.window.activeTextEditor?.document.languageId, 'pagewalk-explanation');
    await screenshot('explain');
  });

  it('is in the ledger since the fork, with the write that ended it', async () => {
    await vscode.commands.executeCommand('pagewalk.ledger.focus');
    const rows = await until('the ledger', async () => {
      const lines = await outline(pagewalk.ledger, 3);
      return lines.length > 3 ? lines : undefined;
    });
    assert.match(rows[0], /^Fork: pid 1 made pid 2 \| main \(fork-cow\.c:\d+\) · instruction \d+$/);
    assert.ok(
      rows.some((row) => /^ {4}0x11000 \| pid 2 wrote: frame 0x\w+ copied to 0x\w+ · child \(/.test(row)),
      rows.join('\n'),
    );
    assert.ok(
      rows.some((row) => /^ {4}0x[0-9a-f]+ \| frame 0x\w+ · pid 1 and pid 2$/.test(row)),
      rows.join('\n'),
    );
    await screenshot('ledger', { view: 'CoW Ledger', text: 'Fork: pid 1 made pid 2' });
  });

  it('and what the parent and the child have of different bytes is compared side by side', async () => {
    await vscode.commands.executeCommand('pagewalk.forkDiff.focus');
    const rows = await outline(pagewalk.forkDiff, 3);
    assert.equal(rows[0], 'pid 1 and its child pid 2');
    const row = rows.find((one) => one.includes('0x11000'));
    assert.match(row ?? '', /^ {4}0x11000 \| 1 byte differs · pid 1: frame 0x\w+ · pid 2: frame 0x\w+$/);
    await screenshot('fork-diff', { view: 'Fork Diff', text: 'pid 1 and its child pid 2' });
    const find = async (nodes: readonly TreeNode[], depth: number): Promise<TreeNode | undefined> => {
      for (const node of nodes) {
        if (node.item.label === '0x11000' && node.sides) return node;
        const found = depth > 0 ? await find(await pagewalk.forkDiff.getChildren(node), depth - 1) : undefined;
        if (found) return found;
      }
      return undefined;
    };
    await vscode.commands.executeCommand('pagewalk.comparePage', await find(await pagewalk.forkDiff.getChildren(), 2));
    const tab = await until('the diff editor', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputTextDiff ? input : undefined;
    });
    const [mine, theirs] = await Promise.all(
      [tab.original, tab.modified].map(async (uri) =>
        (await vscode.workspace.openTextDocument(uri)).getText().split('\n'),
      ),
    );
    const different = mine.filter((line, index) => line !== theirs[index]);
    assert.equal(different.length, 1);
    assert.match(different[0], /^00011840 /);
    await screenshot('fork-diff-bytes');
  });
});
