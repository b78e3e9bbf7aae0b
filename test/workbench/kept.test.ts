import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import { endSession, screenshot, SessionFollower, shownRows, stoppedAt, until } from './driver.ts';

/** Processes or tables, mappings or tables, pages. */
const PAGE_LEVEL = 3;
const TREES = ['Address Spaces', 'Page Table'];

/** One session, stopped before the child's first store. */
describe('what a person has opened and typed', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;
  let frameId: number;

  before(async function () {
    // Only the npm-shipped workbench tells what is on its screen.
    if (!process.env.WORKBENCH_SHOT_URL) {
      console.log('skipped: this host cannot tell which rows are on screen');
      this.skip();
    }
    ({ pagewalk, follower } = await stoppedAt('counter = 42'));
    const [frame] = await follower.stack(2);
    frameId = frame.id;
    const page = await pagewalk.addressSpaces.findPage(2, 0x11000);
    await vscode.commands.executeCommand('pagewalk.revealInPageTable', page);
    await vscode.commands.executeCommand('pagewalk.revealInAddressSpaces', page);
    await vscode.commands.executeCommand('workbench.debug.action.focusVariablesView');
    await vscode.commands.executeCommand('list.focusFirst');
    await vscode.commands.executeCommand('list.focusDown');
    await vscode.commands.executeCommand('list.expand');
  });

  after(async () => {
    // The whole suite is skipped in some hosts.
    if (follower) await endSession(follower);
  });

  /**
   * Where each row down to the page is, and whether it is open; of its text the first word, which no change of a page
   * changes. What is known of the page, below it, rightly changes with it.
   */
  const look = async (view: string): Promise<string[]> => {
    const rows = (await shownRows(view))!;
    return rows
      .slice(0, rows.findLastIndex(({ level }) => level === PAGE_LEVEL) + 1)
      .map(
        ({ top, label, level, expanded }) =>
          `${top} ${level} ${expanded ?? '-'} ${/[\w/[\]-]+/.exec(label)?.[0] ?? ''}`,
      );
  };
  const lookAll = async (): Promise<Record<string, string[]>> =>
    Object.fromEntries([
      ...(await Promise.all(TREES.map(async (view) => [view, await look(view)] as const))),
      ['Variables', (await shownRows('Variables'))!.map(({ top, level, expanded }) => `${top} ${level} ${expanded}`)],
    ]);

  it('stays open and where it is after an assignment, a write of memory and a command of the console', async () => {
    const shown = await lookAll();
    await screenshot('kept');
    assert.ok(
      shown['Address Spaces'].some((row) => / 3 true page$/.test(row)),
      shown['Address Spaces'].join('\n'),
    );
    assert.ok(
      shown['Variables'].some((row) => row.endsWith(' 2 true')),
      shown['Variables'].join('\n'),
    );
    const { scopes } = await follower.ask<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
    const { variablesReference } = scopes[0];
    await follower.ask('setVariable', { variablesReference, name: 'before', value: '3' });
    assert.deepEqual(await lookAll(), shown, 'after an assignment');
    const { memoryReference } = await follower.evaluate('&counter', frameId);
    await follower.ask('writeMemory', { memoryReference, data: Buffer.from([9, 0, 0, 0]).toString('base64') });
    assert.deepEqual(await lookAll(), shown, 'after a write of memory');
    await follower.ask('evaluate', { expression: 'note[1] = 66', frameId, context: 'repl' });
    assert.deepEqual(await lookAll(), shown, 'after a command of the console');
    await screenshot('kept-after');
  });

  it('a condition that names nothing is told of beside its event, also while that is off', async () => {
    const find = (): (typeof pagewalk.eventList.all)[number] =>
      pagewalk.eventList.all.find(({ filter }) => filter.id === 'map')!;
    const item = (): vscode.TreeItem => pagewalk.watches.getTreeItem(find());
    try {
      await pagewalk.eventList.setCondition(find(), 'conter == 2');
      assert.equal(find().enabled, false);
      await until('what is wrong', () => /conter/.test(item().description as string) || undefined);
      assert.match(item().description as string, /^if conter == 2 · .*conter.*did you mean counter\?/);
      assert.match(item().accessibilityInformation!.label, /^Map, if conter == 2, .*did you mean counter\?, off/);
      await vscode.commands.executeCommand('pagewalk.watches.focus');
      await screenshot('event-condition');
      await pagewalk.eventList.setCondition(find(), '$function == "main"');
      await until('that it is right', () => item().description === 'if $function == "main"' || undefined);
    } finally {
      await pagewalk.eventList.setCondition(find(), '');
    }
    // What cannot be read is told while it is typed.
    const typed = vscode.commands.executeCommand('pagewalk.editWatchCondition', { ...find(), condition: 'counter ==' });
    // The workbench tells of a value that was there before as soon as it is to be taken.
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await screenshot('event-condition-typed', { text: 'An operand is missing at the end.' });
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await typed;
  });
});
