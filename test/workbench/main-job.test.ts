import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import {
  activateExtension,
  breakAt,
  byteIn,
  frameLine,
  openDebugViews,
  outline,
  pageText,
  removeBreakpoints,
  screenshot,
  SessionFollower,
  textsBelow,
  until,
} from './driver.ts';

const PARENT = 1;
const CHILD = 2;

/** One session, from F5 to the end: each test goes on where the one before it stopped. */
describe('the main job on the bundled sample', () => {
  let pagewalk: Pagewalk;
  let follower: SessionFollower;

  before(async () => {
    pagewalk = await activateExtension();
    follower = new SessionFollower();
    await openDebugViews();
  });

  after(async () => {
    await follower.stopDebugging();
    follower[Symbol.dispose]();
    removeBreakpoints();
  });

  it('F5 without launch.json stops at a breakpoint, with source lines and locals', async () => {
    const line = await breakAt('fork-cow.c', 'counter = 2');
    void vscode.commands.executeCommand('workbench.action.debug.start');
    const { reason, threadId } = await follower.stop();
    assert.equal(reason, 'breakpoint');
    assert.equal(threadId, PARENT);
    const frames = await follower.stack(PARENT);
    assert.equal(frames[0]?.name, 'main');
    assert.equal(frames[0]?.line, line);
    const locals = await follower.variables(frames[0].id, 'Locals');
    assert.ok(locals.has('note') && locals.has('mailbox') && locals.has('pid'), [...locals.keys()].join(', '));
    await screenshot('breakpoint');
  });

  it('a register, a variable, memory and disassembly can be read there', async () => {
    const [frame] = await follower.stack(PARENT);
    assert.equal((await follower.evaluate('counter', frame.id)).result, '1');
    assert.match((await follower.evaluate('$sp', frame.id)).result, /^0x[0-9a-f]+/);
    const { memoryReference } = await follower.evaluate('&counter', frame.id);
    assert.ok(memoryReference);
    const memory = await follower.ask<DebugProtocol.ReadMemoryResponse['body']>('readMemory', {
      memoryReference,
      count: 4,
    });
    assert.deepEqual([...Buffer.from(memory?.data ?? '', 'base64')], [1, 0, 0, 0]);
    const code = await follower.ask<DebugProtocol.DisassembleResponse['body']>('disassemble', {
      memoryReference: frame.instructionPointerReference,
      instructionCount: 4,
    });
    assert.equal(code?.instructions.length, 4);
    const registers = await follower.variables(frame.id, 'Registers');
    assert.ok(registers.size > 0);
  });

  it('with the fork filter it stops at the fork, and the child is a second thread', async () => {
    await follower.checkFilters(['Fork']);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await follower.stop();
    assert.equal(follower.lastStop.reason, 'Fork: pid 1 made pid 2');
    const threads = await follower.threads();
    assert.deepEqual(
      threads.map(({ name }) => name),
      ['pid 1 fork-cow', 'pid 2 (child of 1) fork-cow'],
    );
    await vscode.commands.executeCommand('pagewalk.addressSpaces.focus');
    const roots = await outline(pagewalk.addressSpaces, 1);
    assert.deepEqual(roots, [
      'pid 1 fork-cow | stopped here · 2 pages mapped, 2 now copy-on-write',
      'pid 2 fork-cow | started, forked by pid 1',
    ]);
    await screenshot('fork');
  });

  it('both sides of the fork are stepped by line, each on its own', async () => {
    const lines = async (thread: number): Promise<number[]> => (await follower.stack(thread)).map(({ line }) => line);
    const childBefore = await lines(CHILD);
    const parentBefore = await lines(PARENT);
    await vscode.commands.executeCommand('workbench.action.debug.stepOut');
    assert.equal((await follower.stop()).threadId, PARENT);
    const parentAfter = await lines(PARENT);
    assert.notDeepEqual(parentAfter, parentBefore);
    assert.deepEqual(await lines(CHILD), childBefore);

    await follower.ask('next', { threadId: CHILD });
    const { reason, threadId } = await follower.stop();
    assert.deepEqual([reason, threadId], ['step', CHILD]);
    assert.notDeepEqual(await lines(CHILD), childBefore);
    assert.deepEqual(await lines(PARENT), parentAfter);
    await screenshot('child-stepped');
  });

  it('with the CoW filter it stops before the first write of a shared page, and says why', async () => {
    await follower.checkFilters(['Page fault: CoW']);
    for (;;) {
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await follower.stop();
      if ((await frameLine()).includes('counter = 42')) break; // those before are faults of the stacks
    }
    const { pid, va, reason } = follower.lastStop;
    assert.equal(pid, CHILD);
    assert.match(
      reason,
      /^CoW fault: store to counter \(0x[0-9a-f]+, fork-cow rw-p\), frame 0x[0-9a-f]+ shared with pid 1$/,
    );
    const info = await follower.ask<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', { threadId: CHILD });
    const description = info.description ?? '';
    assert.ok(description.includes(reason), description);
    assert.match(description, /^Shared since pid 1 forked pid 2 at main \(fork-cow\.c:\d+\), instruction \d+\.$/m);
    assert.match(description, /^Not handled yet: the next write copies frame 0x[0-9a-f]+\.$/m);

    const page = await pageText(pagewalk.addressSpaces, CHILD, va!);
    assert.match(page, /^counter · copy-on-write, shared with pid 1 · frame 0x[0-9a-f]+ · stopped for this page$/);
    assert.match(
      await pageText(pagewalk.pageTable, CHILD, va!),
      /^counter · readable, accessed, dirty · copy-on-write · frame 0x[0-9a-f]+ · stopped for this page$/,
    );
    await screenshot('copy-on-write-fault');
  });

  it('one step later the page is split', async () => {
    const { va } = follower.lastStop;
    const frame = /frame (0x[0-9a-f]+)/.exec(follower.lastStop.reason)?.[1];
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await follower.stop();
    const child = await pageText(pagewalk.addressSpaces, CHILD, va!);
    assert.match(child, /^counter · split now by pid 2 at child \(fork-cow\.c:17\) · private · frame 0x[0-9a-f]+$/);
    assert.ok(!child.endsWith(`frame ${frame}`), child);
    assert.equal(
      await pageText(pagewalk.addressSpaces, PARENT, va!),
      `counter · references 2 before, 1 now · copy-on-write, no longer shared · frame ${frame}`,
    );
    assert.match(
      await pageText(pagewalk.pageTable, CHILD, va!),
      /^counter · W set, CoW cleared, frame .* now · readable, writable, accessed, dirty · frame 0x[0-9a-f]+$/,
    );
    await screenshot('page-split');
  });

  it('a page has its owners, and an entry its bits, in words', async () => {
    const owners = await textsBelow(pagewalk.addressSpaces, CHILD, '0x10000');
    assert.ok(owners.includes('pid 1 at 0x10000') && owners.includes('pid 2 at 0x10000'), owners.join('; '));
    const bits = await textsBelow(pagewalk.pageTable, CHILD, '0x10000');
    assert.deepEqual(bits.slice(1), ['valid', 'readable', 'executable', 'user', 'accessed']);
  });

  it('the scopes of a frame show the same', async () => {
    const [frame] = await follower.stack(CHILD);
    const mappings = await follower.variables(frame.id, 'Address Space');
    assert.ok(mappings.has('0x10000-0x11000'), [...mappings.keys()].join(', '));
    assert.ok((await follower.variables(frame.id, 'Page Table')).size > 0);
  });

  it('a page’s memory opens as a document that shows what the process sees', async () => {
    const [frame] = await follower.stack(CHILD);
    const { memoryReference } = await follower.evaluate('&counter', frame.id);
    const address = Number(memoryReference?.replace(`p${CHILD}:`, ''));
    const page = await pagewalk.addressSpaces.findPage(CHILD, address);
    await vscode.commands.executeCommand('pagewalk.openMemory', page);
    const editor = await until('the memory document', () => {
      const { activeTextEditor } = vscode.window;
      return activeTextEditor?.document.uri.scheme === 'pagewalk-memory' ? activeTextEditor : undefined;
    });
    assert.equal(byteIn(editor.document.getText(), address), '2a'); // 42
    await screenshot('memory');
  });

  it('runs to the end, and the views show nothing that is stale', async () => {
    await follower.checkFilters([]);
    await follower.runToEnd();
    assert.match(follower.output, /child: {2}counter 2 -> 42/);
    assert.match(follower.output, /parent: counter 3, note parent's, mailbox 7, child's status 3/);
    assert.equal(follower.exitCode, 0);
    assert.deepEqual(await outline(pagewalk.addressSpaces, 1), []);
    assert.deepEqual(await outline(pagewalk.pageTable, 1), []);
    const memory = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'pagewalk-memory');
    await until(
      'the end in the memory document',
      () => memory?.getText() === 'The debug session has ended.' || undefined,
    );
    await screenshot('end');
  });
});
