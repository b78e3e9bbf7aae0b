import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { TreeNode } from '../../src/extension/lazy-tree.ts';
import { endSession, outline, screenshot, SessionFollower, stoppedAt, until } from './driver.ts';

/** One session, stopped where the child has written one of its two pages. */
describe('who shares a page', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;

  before(async () => {
    ({ pagewalk, follower } = await stoppedAt("note[0] = 'C'"));
  });

  after(() => endSession(follower));

  /** The editor of an explanation, once it shows this heading. */
  const explanation = (heading: RegExp): Promise<vscode.TextEditor> =>
    until(`the explanation ${String(heading)}`, () =>
      vscode.window.visibleTextEditors.find(
        ({ document }) => document.uri.scheme === 'pagewalk-explain' && heading.test(document.lineAt(0).text),
      ),
    );

  const sourceEditor = (): vscode.TextEditor => {
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.path.endsWith('/fork-cow.c'));
    assert.ok(editor, 'the source is still to be seen');
    return editor;
  };

  it('is explained beside the source, for a page of the tree and for a variable', async () => {
    const page = await pagewalk.addressSpaces.findPage(2, 0x11000);
    await vscode.commands.executeCommand('pagewalk.explainAddress', page);
    const { document, viewColumn } = await explanation(/^0x11000 in pid 2/);
    assert.equal(viewColumn, vscode.ViewColumn.Two);
    const ofPage = document.getText();
    assert.match(ofPage, /\nprivate: frame 0x/);
    assert.match(
      ofPage,
      /\n\nSharing\n {2}was shared since pid 1 forked pid 2 at main \(fork-cow\.c:\d+\), instruction/,
    );
    assert.match(ofPage, /\n {2}sharing broken: pid 2 wrote at child \(fork-cow\.c:\d+\)/);
    const variable = { name: 'note', evaluateName: 'note', memoryReference: 'p2:0x0' };
    await vscode.commands.executeCommand('pagewalk.explainAddress', { variable });
    const other = await explanation(/^note points to 0x[0-9a-f]+ in pid 2/);
    assert.equal(other.viewColumn, vscode.ViewColumn.Two);
    assert.equal(vscode.window.tabGroups.all.length, 2);
    const text = other.document.getText();
    assert.match(text, /\n {2}a store faults: copy-on-write, shared with pid 1: the next write copies frame/);
    assert.equal(other.document.languageId, 'pagewalk-explanation');
    assert.equal(vscode.window.activeTextEditor, sourceEditor());
    await screenshot('explain');
  });

  it('the memory, the owners and the lines of the history can be clicked there', async () => {
    const { document } = await explanation(/^note points to/);
    const links = await until('the links', async () => {
      const found = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
        'vscode.executeLinkProvider',
        document.uri,
      );
      return found.length > 0 ? found : undefined;
    });
    const texts = links.map(({ range }) => document.getText(range));
    const [va] = /0x[0-9a-f]+/.exec(document.lineAt(0).text)!;
    const fork = texts.find((text) => /^fork-cow\.c:\d+$/.test(text));
    assert.deepEqual(texts.sort(), [va, `pid 1 at ${va}`, `pid 2 at ${va}`, fork].sort());
    const follow = async (text: string): Promise<void> => {
      const { target } = links.find(({ range }) => document.getText(range) === text)!;
      const [argument] = JSON.parse(decodeURIComponent(target!.query)) as [object];
      await vscode.commands.executeCommand(target!.path, argument);
    };
    await follow(fork!);
    const editor = sourceEditor();
    assert.ok(editor.document.lineAt(editor.selection.active).text.includes('int pid = fork()'));
    await follow(`pid 1 at ${va}`);
    await explanation(new RegExp(`^${va} in pid 1`));
  });

  it('an address is asked for as an expression, with the word at the cursor for a beginning', async () => {
    const editor = await vscode.window.showTextDocument(sourceEditor().document, vscode.ViewColumn.One);
    const at = editor.document.positionAt(editor.document.getText().indexOf('counter = 42'));
    editor.selection = new vscode.Selection(at, at);
    const explained = vscode.commands.executeCommand('pagewalk.explainAddress');
    await screenshot('ask-address', { text: 'Explain Address' });
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await explained;
    await explanation(/^counter is at 0x11[0-9a-f]+ in pid 2$/);
    const opened = vscode.commands.executeCommand('pagewalk.openMemory', { expression: '&mailbox[0]' });
    await opened;
    assert.match(vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? '', /^Memory 0x[0-9a-f]+ \(pid 2\)$/);
  });

  it('memory is edited through its reference, as the Hex Editor does; until there is one, it is named', async () => {
    const [frame] = await follower.stack(2);
    const { memoryReference } = await follower.evaluate('&counter', frame.id);
    const uri = vscode.Uri.from({
      scheme: 'vscode-debug-memory',
      authority: follower.session.id,
      path: `/${encodeURIComponent(memoryReference!)}/memory.bin`,
      query: 'range=0:4',
    });
    assert.deepEqual([...(await vscode.workspace.fs.readFile(uri))], [42, 0, 0, 0]);
    await vscode.workspace.fs.writeFile(uri, new Uint8Array([43, 0, 0, 0]));
    assert.equal((await follower.evaluate('counter', frame.id)).result, '43');
    await vscode.workspace.fs.writeFile(uri, new Uint8Array([42, 0, 0, 0]));
    const edited = vscode.commands.executeCommand('pagewalk.editMemory', { expression: 'counter' });
    await vscode.commands.executeCommand('notifications.showList');
    await screenshot('hex-editor', {
      text: 'Memory is edited in the Hex Editor, an extension of its own (ms-vscode.hexeditor).',
    });
    await vscode.commands.executeCommand('notifications.clearAll');
    await edited;
  });

  it('is in the ledger since the fork, with the write that ended it', async () => {
    await vscode.commands.executeCommand('pagewalk.ledger.focus');
    const rows = await until('the ledger', async () => {
      const lines = await outline(pagewalk.ledger, 3);
      return lines.length > 3 ? lines : undefined;
    });
    assert.match(rows[0], /^Fork: pid 1 made pid 2 \| \d+ pages shared · main \(fork-cow\.c:\d+\) · instruction \d+$/);
    assert.ok(
      rows.some((row) => /^ {4}0x11000 \| counter · pid 2 wrote: frame 0x\w+ copied to 0x\w+ · child \(/.test(row)),
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
    assert.match(row ?? '', /^ {4}0x11000 \| counter · 1 byte differs · pid 1: frame 0x\w+ · pid 2: frame 0x\w+$/);
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
