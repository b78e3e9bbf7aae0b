import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { TreeNode } from '../../src/extension/lazy-tree.ts';
import {
  activateExtension,
  breakAt,
  click,
  endSession,
  openDebugViews,
  rowsOf,
  SessionFollower,
  until,
} from './driver.ts';

const TREES = ['addressSpaces', 'pageTable', 'platform', 'ledger', 'forkDiff'] as const;

/** `VR-XU-A-` of an entry, or `rw-p` of a mapping. */
const FLAGS = /[V-][R-][W-][X-][U-][G-][A-][D-]|\b[r-][w-][x-][ps]\b/;

const spoken = ({ accessibilityInformation }: vscode.TreeItem): string => accessibilityInformation?.label ?? '';

/** One session on a platform, stopped where the child has written one of its two pages. */
for (const platform of ['independent', 'partitioned'])
  describe(`rows, on the platform ${platform}`, () => {
    let pagewalk: Pagewalk;
    let follower: SessionFollower;
    const rows = new Map<(typeof TREES)[number], TreeNode[]>();

    before(async () => {
      pagewalk = await activateExtension();
      follower = new SessionFollower();
      await openDebugViews();
      await breakAt('fork-cow.c', "note[0] = 'C'");
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      const configuration = { type: 'pagewalk', request: 'launch', name: 'rows', program: 'fork-cow', platform };
      assert.equal(await vscode.debug.startDebugging(folder, configuration), true);
      await follower.stop();
      for (const tree of TREES) rows.set(tree, await rowsOf(pagewalk[tree]));
    });

    after(() => endSession(follower));

    it('are read to a screen reader in words: whose it is, what it is called, what may be done, who shares it', () => {
      for (const tree of TREES) {
        const items = rows.get(tree)!.map(({ item }) => item);
        assert.ok(items.length > 0 || (tree === 'forkDiff' && platform === 'partitioned'), tree);
        for (const item of items) {
          const label = spoken(item);
          assert.ok(label.length > 0, `${tree}: ${item.label as string} has a label`);
          assert.doesNotMatch(label, FLAGS, `${tree}: ${label}`);
          assert.doesNotMatch((item.description ?? '') as string, /[V-][R-][W-][X-][U-][G-][A-][D-]/, tree);
        }
        for (const { item, range } of rows.get(tree)!)
          if (range) assert.match(spoken(item), /\bpid \d/, `${tree}: ${spoken(item)}`);
      }
      const labels = (tree: (typeof TREES)[number]): string[] => rows.get(tree)!.map(({ item }) => spoken(item));
      const has = (tree: (typeof TREES)[number], pattern: RegExp): void =>
        assert.ok(
          labels(tree).some((label) => pattern.test(label)),
          `${tree} has ${String(pattern)} among\n${labels(tree).join('\n')}`,
        );
      has('addressSpaces', /^pid 2 fork-cow, stopped here, child of pid 1$/);
      has(
        'addressSpaces',
        /^\/fork-cow of pid 2, readable, writable, private, 1 page, (1 copy-on-write, )?from 0x11000 to 0x12000$/,
      );
      const note = platform === 'independent' ? 'copy-on-write, shared with' : 'borrowed from';
      has('addressSpaces', new RegExp(`^page 0x[0-9a-f]+ of pid 2, (.*, )?${note} pid 1`));
      has(
        'pageTable',
        /^\[16\] page 0x10000, child, main.* more, readable, executable, accessed, frame 0x[0-9a-f]+, pid 2$/,
      );
      has('platform', /^pid 2 fork-cow, stopped here, forked at main \(fork-cow\.c:\d+\), space 2$/);
      has('ledger', /^Fork: pid 1 made pid 2, \d+ pages shared, main \(fork-cow\.c:\d+\), instruction \d+$/);
    });

    it('that name a line of the source open it', async () => {
      const opened = async (item: vscode.TreeItem, text: string): Promise<void> => {
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
        await click(item);
        const editor = await until('the source', () => vscode.window.activeTextEditor);
        assert.match(editor.document.uri.path, /fork-cow\.c$/);
        assert.ok(editor.document.lineAt(editor.selection.active).text.includes(text), spoken(item));
      };
      const fork = 'int pid = fork()';
      const store = 'counter = 42';
      const find = (tree: (typeof TREES)[number], test: (node: TreeNode) => boolean): vscode.TreeItem => {
        const found = rows.get(tree)!.find(test);
        assert.ok(found, tree);
        return found.item;
      };
      await opened(
        find('ledger', ({ item }) => (item.label as string).startsWith('Fork:')),
        fork,
      );
      await opened(
        find('ledger', ({ item }) => /pid 2 wrote.* child \(/.test(item.description as string)),
        store,
      );
      await opened(
        find('platform', ({ item }) => (item.label as string).startsWith('pid 2')),
        fork,
      );
      if (platform === 'independent')
        await opened(
          find('forkDiff', ({ item }) => /^pid 2 wrote at child/.test(item.label as string)),
          store,
        );
      // Every row with a place in its text.
      for (const tree of TREES)
        for (const { item, source } of rows.get(tree)!)
          if (/(^| at | made .*)\w+ \(fork-cow\.c:\d+\)/.test(`${item.label as string} ${item.description as string}`))
            assert.ok(source && item.command?.command === 'pagewalk.openSource', `${tree}: ${spoken(item)}`);
    });
  });
