// The main job as `npm start` shows it. As an extension beside Pagewalk it takes a person up to the sample's fork; as a
// suite (`npm start -- --headless`) it goes on to a copy-on-write fault and takes pictures of every stop.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activateExtension, frameLine, openDebugViews, screenshot, SessionFollower } from '../workbench/driver.ts';

/** VS Code calls this when it has started. */
export async function activate(): Promise<void> {
  using follower = new SessionFollower();
  await goToFork(follower);
}

/** The test host calls this, and closes VS Code when the promise settles. */
export async function run(): Promise<void> {
  using follower = new SessionFollower();
  await openDebugViews();
  await goToFork(follower);
  await screenshot('1-fork');
  await goToStore(follower);
  await screenshot('2-copy-on-write-fault');
  const { pid, va } = follower.lastStop;
  const { addressSpaces } = await activateExtension();
  const page = await addressSpaces.findPage(pid, Number(va));
  assert.ok(page, 'the page is in the tree');
  const others = ['pagewalk.ledger', 'pagewalk.forkDiff'];
  await toggleViews(...others);
  await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
  await vscode.commands.executeCommand('pagewalk.revealInAddressSpaces', page);
  await screenshot('3-address-spaces', { view: 'Address Spaces' });
  await vscode.commands.executeCommand('pagewalk.revealInPageTable', page);
  await screenshot('4-page-table', { view: 'Page Table' });
  await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
  await toggleViews(...others);
  await vscode.commands.executeCommand('pagewalk.addressSpaces.focus');
  await vscode.commands.executeCommand('workbench.action.debug.stepOver');
  await follower.stop();
  await screenshot('5-page-split');
  await vscode.commands.executeCommand('pagewalk.openMemory', page);
  await screenshot('6-memory');
  await follower.checkFilters([]);
  await follower.runToEnd();
  await screenshot('7-end');
  console.log(follower.output);
}

/** Starts the sample, checks the boxes for fork and CoW faults, and runs to the fork. */
async function goToFork(follower: SessionFollower): Promise<void> {
  await activateExtension();
  await vscode.commands.executeCommand('pagewalk.debugSample');
  await follower.stop();
  await follower.checkFilters(['Fork', 'Page fault: CoW']);
  await vscode.commands.executeCommand('workbench.action.debug.continue');
  await follower.stop();
  console.log(`stopped: ${follower.lastStop.reason}`);
  await vscode.commands.executeCommand('pagewalk.addressSpaces.focus');
}

/** Runs on to the child's store to `counter`; the faults on the way are those of the stacks. */
async function goToStore(follower: SessionFollower): Promise<void> {
  const MOST_STOPS = 10;
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await follower.stop();
    console.log(`stopped: ${follower.lastStop.reason}`);
    if ((await frameLine()).includes('counter = 42')) return;
  }
  assert.fail('the child stores to counter');
}

/** Hides views, or shows them again. */
async function toggleViews(...views: string[]): Promise<void> {
  for (const view of views) await vscode.commands.executeCommand(`${view}.toggleVisibility`);
}
