import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import {
  breakAt,
  endSession,
  removeBreakpoints,
  rowsOf,
  screenshot,
  SessionFollower,
  shownRows,
  stoppedAt,
} from './driver.ts';

const TREES = ['addressSpaces', 'pageTable', 'ledger', 'forkDiff'] as const;
type Tree = (typeof TREES)[number];

/** One session: each test goes on where the one before it stopped. */
describe('what has changed since the last stop', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;

  /** The rows of a tree that are marked: `how label: what is said of it`. */
  const marked = async (tree: Tree): Promise<string[]> => {
    const rows = await rowsOf(pagewalk[tree]);
    return rows.flatMap(({ changed, item, range }) => {
      if (!changed || changed.how === 'used') return [];
      const { label = '' } = item.accessibilityInformation ?? {};
      const phrase = changed.how === 'itself' ? 'changed since the last stop: ' : 'holds changes since the last stop: ';
      assert.ok(label.endsWith(`, ${phrase}${changed.text}`), label);
      assert.equal(item.resourceUri?.path, `/${changed.how}`);
      return [`${changed.how} ${range ? `p${range.pid} ` : ''}${item.label as string}: ${changed.text}`];
    });
  };

  before(async () => {
    ({ pagewalk, follower } = await stoppedAt('counter = 42'));
  });

  after(() => endSession(follower));

  it('is marked nowhere at the first stop', async () => {
    for (const tree of TREES) assert.deepEqual(await marked(tree), [], tree);
  });

  it('is marked in every tree after a copy-on-write break, in the rows that are about it and those that hold them', async () => {
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await follower.stop();
    const by = 'by pid 2 at child (fork-cow.c:17)';
    assert.deepEqual(await marked('addressSpaces'), [
      'inside p1 pid 1 fork-cow: reference counts changed',
      'inside p1 rw-p /fork-cow: reference count of 1 page changed',
      'itself p1 0x11000: references 2 before, 1 now',
      'inside p2 pid 2 fork-cow: 1 page split now',
      'inside p2 rw-p /fork-cow: 1 page split now',
      `itself p2 0x11000: split now ${by}`,
    ]);
    const entries = await marked('pageTable');
    assert.deepEqual(
      entries.map((row) => row.replace(/frame 0x\w+ is now 0x\w+/, 'frame F is now G')),
      [
        'inside p1 pid 1 fork-cow: reference counts changed',
        'inside p2 pid 2 fork-cow: 1 page split now',
        'inside p2 [0] level 1 table: 1 entry changed now',
        'inside p2 [0] level 0 table: 1 entry changed now',
        'itself p2 [17] page 0x11000: W set, CoW cleared, frame F is now G now',
      ],
    );
    assert.deepEqual(await marked('ledger'), [
      'inside Fork: pid 1 made pid 2: 1 page written now',
      'inside Written since: 1 page written now',
      'itself p2 0x11000: written now',
    ]);
    assert.deepEqual(await marked('forkDiff'), [
      'inside pid 1 and its child pid 2: 1 page split now',
      `itself p1 0x11000: pid 2: split now ${by}`,
    ]);
  });

  it('and is seen there: a sign at the end of the row, and words', async () => {
    const page = await pagewalk.addressSpaces.findPage(2, 0x11000);
    await vscode.commands.executeCommand('pagewalk.revealInAddressSpaces', page);
    await screenshot('changes');
    const rows = await shownRows('Address Spaces');
    if (!rows) return; // Only the npm-shipped workbench tells what is on its screen.
    const badges = rows.filter(({ badge }) => badge).map(({ label, badge }) => [label.split(',')[0], badge]);
    assert.deepEqual(badges, [
      ['pid 1 fork-cow', '◐'],
      ['pid 2 fork-cow', '◐'],
      ['/fork-cow of pid 2', '◐'],
      ['page 0x11000 of pid 2', '●'],
    ]);
  });

  it('is marked no more after a step that changes nothing', async () => {
    const { threadId } = { threadId: follower.lastStop.tid };
    await follower.ask('stepIn', { threadId, granularity: 'instruction' });
    await follower.stop();
    for (const tree of TREES) assert.deepEqual(await marked(tree), [], tree);
  });

  it('is marked when the debugger has written', async () => {
    const [frame] = await follower.stack(follower.lastStop.tid);
    await follower.ask('evaluate', { expression: 'note[0] = 65', frameId: frame.id, context: 'repl' });
    const rows = await marked('addressSpaces');
    assert.ok(
      rows.some((row) => /^itself p2 0x3ff7ffe000: split now by the debugger$/.test(row)),
      rows.join('\n'),
    );
  });

  it('says what is gone: a process, a mapping', async () => {
    removeBreakpoints();
    await breakAt('fork-cow.c', 'unmap_pages(note');
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await follower.stop();
    const ended = await marked('addressSpaces');
    assert.equal(ended.at(-1), 'itself pid 2: ended with code 3');
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await follower.stop();
    const rows = await marked('addressSpaces');
    assert.deepEqual(rows.slice(1), ['itself rw-p anonymous: removed now · 0x3ff7ffe000-0x3ff7fff000']);
    assert.match(rows[0], /^inside p1 pid 1 fork-cow: .*1 mapping changed now$/);
    await screenshot('changes-gone');
  });
});
