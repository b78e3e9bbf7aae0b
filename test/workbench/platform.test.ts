import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { TreeNode } from '../../src/extension/lazy-tree.ts';
import { FAULTY_PLATFORM_NAMES, PLATFORM_NAMES } from '../../src/platform/registry.ts';
import {
  activateExtension,
  byteIn,
  frameLine,
  openDebugViews,
  outline,
  pageText,
  screenshot,
  SessionFollower,
  until,
} from './driver.ts';

/** The other views of the panel, to leave room. */
const VIEWS = ['pagewalk.addressSpaces', 'pagewalk.pageTable', 'pagewalk.ledger', 'pagewalk.forkDiff'];

async function toggleViews(): Promise<void> {
  for (const view of VIEWS) await vscode.commands.executeCommand(`${view}.toggleVisibility`);
}

async function start(follower: SessionFollower, platform: string): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const configuration = { type: 'pagewalk', request: 'launch', name: platform, program: 'fork-cow', platform };
  assert.equal(await vscode.debug.startDebugging(folder, { ...configuration, stopOnEntry: true }), true);
  await follower.stop();
}

describe('the Platform view', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;

  before(async () => {
    pagewalk = await activateExtension();
    follower = new SessionFollower();
    await openDebugViews();
    await start(follower, 'partitioned');
  });

  after(async () => {
    await follower.stopDebugging();
    follower[Symbol.dispose]();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const lines = (depth: number): Promise<string[]> => outline(pagewalk.platform, depth);

  it('has one process, no window and one slot at the start', async () => {
    assert.deepEqual(await lines(2), [
      'Lineage | partitioned',
      '  pid 1 fork-cow | stopped here · space 1',
      'Snapshot Layers | no window is open',
      'Slots | 1 of 64 in use',
      '  Slot 0 | pid 1 · 0x10000-0x100000000',
      'Handles | 1 live, 0 consumed',
      '  space 1 | live · pid 1',
    ]);
  });

  it('at a fork the parent waits at its gate, a layer has its pages, and the child has a slot', async () => {
    await follower.checkFilters(['Fork']);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await follower.stop();
    assert.deepEqual(await lines(3), [
      'Lineage | partitioned',
      '  pid 1 fork-cow | stopped here · parent pid 1 waits: child 2 runs in its pages · space 1',
      '    pid 2 fork-cow | forked at main (fork-cow.c:33) · space 2',
      'Snapshot Layers | 1 window is open',
      '  Pages of pid 1 | pid 2 runs in them · 0 of 6 saved · layer 0',
      '    Gate is closed | parent pid 1 waits: child 2 runs in its pages',
      '    Saved pages | 0',
      '    Pages as they were | 6',
      '    Pages that came since',
      'Slots | 2 of 64 in use',
      '  Slot 0 | pid 1 and pid 2 · 0x10000-0x100000000',
      '  Slot 1 | reserved for pid 2 · 0x100000000-0x200000000',
      'Handles | 2 live, 0 consumed',
      ...(await handleLines()),
    ]);
  });

  it('a write of the child saves the page, which opens as the parent will have it', async () => {
    await follower.checkFilters(['Page fault: CoW']);
    for (;;) {
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await follower.stop();
      if ((await frameLine()).includes('counter = 42')) break; // those before are faults of the stack
    }
    const { va } = follower.lastStop;
    assert.equal(
      (await pageText(pagewalk.addressSpaces, 2, va!)).split(' · ')[1],
      'borrowed from pid 1, saved before the next write',
    );
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await follower.stop();
    const saved = await nodeAt('Snapshot Layers', 'Pages of pid 1', 'Saved pages', va!);
    assert.match(
      saved.item.description as string,
      /^changed: its bytes are put back · frame 0x[0-9a-f]+, saved in 0x[0-9a-f]+ · readable, writable, accessed, dirty$/,
    );
    assert.match(
      await pageText(pagewalk.addressSpaces, 1, va!),
      /^counter · put aside now: the child has written it · lent to pid 2 · frame/,
    );
    await vscode.commands.executeCommand('pagewalk.platform.focus');
    await screenshot('platform-window');
    await toggleViews();
    await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
    await screenshot('platform', { view: 'Platform' });
    await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
    await toggleViews();

    const [frame] = await follower.stack(2);
    const { memoryReference } = await follower.evaluate('&counter', frame.id);
    const address = Number(memoryReference?.replace('p2:', ''));
    await vscode.commands.executeCommand('pagewalk.openMemory', saved);
    const dump = await until('the memory document', () => {
      const { activeTextEditor } = vscode.window;
      return activeTextEditor?.document.uri.scheme === 'pagewalk-memory'
        ? activeTextEditor.document.getText()
        : undefined;
    });
    assert.equal(byteIn(dump, address), '02'); // the child has written 42
  });

  it('is empty when the program has ended', async () => {
    await follower.checkFilters([]);
    await follower.runToEnd();
    assert.deepEqual(await lines(1), []);
  });

  it('has neither layers nor slots where every space has a page table of its own', async () => {
    using other = new SessionFollower();
    await start(other, 'independent');
    assert.deepEqual(await lines(1), ['Lineage | independent', 'Handles | 1 live, 0 consumed']);
    await other.stopDebugging();
  });

  it('another platform, also a faulty one, is picked from a list that says what each does', async () => {
    using first = new SessionFollower();
    await start(first, 'independent');
    using second = new SessionFollower();
    const debugged = vscode.commands.executeCommand<boolean>('pagewalk.debugOnPlatform');
    await vscode.commands.executeCommand('quickInput.first');
    const chosen = 'faulty/rolls-back-shared-memory';
    const all = [...PLATFORM_NAMES, ...FAULTY_PLATFORM_NAMES];
    for (let at = 0; at < all.indexOf(chosen); at++) await vscode.commands.executeCommand('quickInput.next');
    await screenshot('platform-list');
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    assert.equal(await debugged, true);
    await second.stop();
    const { platform, check, program } = second.session.configuration;
    assert.deepEqual([platform, check], [chosen, true]);
    assert.match(program as string, /fork-cow$/);
    await second.checkFilters([]);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await second.stop();
    assert.match(
      second.lastStop.reason,
      /^Invariant 7 \(shared memory stays shared\) is broken: .* the snapshot of space 1 has saved a shared page/,
    );
    const shared = await nodeAt('Snapshot Layers', 'Pages of pid 1', 'Saved pages');
    const texts = await outline(pagewalk.platform, 1, shared);
    assert.ok(
      texts.some((text) => text.includes('shared, but saved: what others store in it will be rolled back')),
      texts.join('; '),
    );
    await screenshot('rolls-back-shared-memory');
    await second.stopDebugging();
  });

  async function handleLines(): Promise<string[]> {
    const handles = await nodeAt('Handles');
    return (await outline(pagewalk.platform, 2, handles)).map((line) => `  ${line}`);
  }

  async function nodeAt(...labels: string[]): Promise<TreeNode> {
    let node: TreeNode | undefined;
    for (const label of labels) {
      const children = await pagewalk.platform.getChildren(node);
      node = children.find(({ item }) => item.label === label);
      assert.ok(node, `${label} is among ${children.map(({ item }) => item.label as string).join(', ')}`);
    }
    return node!;
  }
});
