import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../../src/extension/extension.ts';
import { activateExtension, frameLine, screenshot, SessionFollower, until } from '../driver.ts';

const [folder] = vscode.workspace.workspaceFolders ?? [];
const SOURCE = 'pages.c';

const show = async (): Promise<vscode.TextEditor> =>
  vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, SOURCE));

const build = (program: string, ...args: string[]): void => {
  const { fsPath } = folder.uri;
  mkdirSync(path.join(fsPath, path.dirname(program)), { recursive: true });
  execFileSync('riscv64-linux-gnu-gcc', [...args, '-static', '-o', program, SOURCE], { cwd: fsPath });
};

/** F5, with a breakpoint in `main`. */
const start = (): void => void vscode.commands.executeCommand('workbench.action.debug.start');

/** In a folder with nothing but a source. Each test goes on where the one before it stopped. */
describe('F5 in a folder of sources', () => {
  let pagewalk: Pagewalk;

  before(async () => {
    pagewalk = await activateExtension();
    vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint('main')]);
  });

  it('starts nothing where there is no program, says how to build the open source, and types it', async () => {
    await show();
    await vscode.commands.executeCommand('notifications.clearAll'); // of the workbench itself
    start();
    await vscode.commands.executeCommand('notifications.showList');
    await screenshot('no-program', {
      text:
        'There is no RISC-V program of pages.c here. Build it, then press F5 again: ' +
        'riscv64-linux-gnu-gcc -g -static -o pages pages.c',
    });
    assert.equal(vscode.debug.activeDebugSession, undefined);
    const terminal = await until('the terminal', async () => {
      const found = vscode.window.terminals.find(({ name }) => name === 'Build');
      if (found) return found;
      // The workbench may have told something of its own meanwhile, which takes no action: ours is further down.
      await vscode.commands.executeCommand('notification.acceptPrimaryAction');
      await vscode.commands.executeCommand('list.focusDown');
      return undefined;
    });
    await screenshot('no-program-terminal');
    terminal.dispose();
  });

  it('offers no configuration but the bundled sample, and one to be completed for a new launch.json', async () => {
    const offered = await pagewalk.configurations.startable(folder);
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['fork-cow (bundled sample)'],
    );
    const [first, ...others] = await pagewalk.configurations.provideDebugConfigurations(folder);
    assert.deepEqual([first['program'], others], ['${workspaceFolder}/a.out', []]);
  });

  it('debugs the program that was built from the open source, wherever it is and whatever it is called', async () => {
    build('out/nameless', '-g');
    using follower = new SessionFollower();
    start();
    await follower.stop();
    assert.equal(follower.session.configuration['program'], path.join(folder.uri.fsPath, 'out', 'nameless'));
    assert.ok(await frameLine());
    await follower.stopDebugging();
  });

  it('asks which, where there are several', async () => {
    build('out/other', '-g', '-O1');
    await show();
    using follower = new SessionFollower();
    start();
    await screenshot('several-programs', { text: 'other' });
    // The last one built comes first.
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await follower.stop();
    assert.equal(follower.session.configuration['program'], path.join(folder.uri.fsPath, 'out', 'other'));
    await follower.stopDebugging();
  });

  it('lists programs from the workspace folder on, so that a configuration can be kept', async () => {
    const programs = ['${workspaceFolder}/out/nameless', '${workspaceFolder}/out/other'];
    const offered = await pagewalk.configurations.startable(folder);
    assert.deepEqual(
      offered.slice(0, -1).map(({ name, program }) => [name, program as string]),
      [
        ['out/nameless', programs[0]],
        ['out/other', programs[1]],
      ],
    );
    const kept = await pagewalk.configurations.provideDebugConfigurations(folder);
    assert.deepEqual(
      kept.map(({ program }) => program as string),
      programs,
    );
    using follower = new SessionFollower();
    assert.equal(await vscode.debug.startDebugging(folder, kept[0]), true);
    await follower.stop();
    await follower.stopDebugging();
  });

  it('starts none of them for a source that none was built from', async () => {
    const other = vscode.Uri.joinPath(folder.uri, 'other.c');
    await vscode.workspace.fs.writeFile(other, Buffer.from('int main(void) { return 0; }\n'));
    await vscode.window.showTextDocument(other);
    start();
    await vscode.commands.executeCommand('notifications.showList');
    await screenshot('other-program', {
      text:
        'No RISC-V program here was built from other.c. Build it, then press F5 again: ' +
        'riscv64-linux-gnu-gcc -g -static -o other other.c',
    });
    assert.equal(vscode.debug.activeDebugSession, undefined);
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});
