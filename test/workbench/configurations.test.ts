import assert from 'node:assert/strict';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { activateExtension, breakAt, frameLine, removeBreakpoints, SessionFollower, until } from './driver.ts';

const [folder] = vscode.workspace.workspaceFolders ?? [];

describe('launch configurations', () => {
  it('are offered for the programs of the workspace', async () => {
    await activateExtension();
    let program: string | undefined;
    void vscode.commands.executeCommand<string>('pagewalk.pickProgram').then((picked) => (program = picked));
    // Found by its ELF header, the program is the only one in the list.
    await until('the picked program', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return program;
    });
    assert.equal(program, path.join(folder.uri.fsPath, 'fork-cow'));
  });

  it('are refused in words when an attribute cannot be taken', async () => {
    const bad = { type: 'pagewalk', request: 'launch', name: 'bad', program: 'fork-cow', platform: 'nowhere' };
    let started: boolean | undefined;
    void vscode.debug.startDebugging(folder, bad).then((outcome) => (started = outcome));
    // The message waits for the user; once it is dismissed nothing has started.
    await until('the refusal', async () => {
      await vscode.commands.executeCommand('notifications.clearAll');
      return started;
    });
    assert.equal(started, false);
    assert.equal(vscode.debug.activeDebugSession, undefined);
  });

  it('take a program relative to the folder, with the sample’s sources found', async () => {
    using follower = new SessionFollower();
    const line = await breakAt('fork-cow.c', 'counter = 2');
    const configuration = { type: 'pagewalk', request: 'launch', name: 'relative', program: 'fork-cow' };
    assert.equal(await vscode.debug.startDebugging(folder, configuration), true);
    const { threadId } = await follower.stop();
    const [top] = await follower.stack(threadId!);
    assert.equal(top?.source?.path, path.join(folder.uri.fsPath, 'fork-cow.c'));
    assert.equal(top?.line, line);
    await follower.stopDebugging();
    removeBreakpoints();
  });

  it('are refused in words when the program cannot be run', async () => {
    const refusals = [
      { program: 'no-such-program', message: /no-such-program.*no such file/ },
      { program: process.execPath, message: /x86-64|AArch64/ },
      { program: 'fork-cow.c', message: /fork-cow\.c is not an ELF file/ },
    ];
    for (const { program, message } of refusals) {
      using follower = new SessionFollower();
      const configuration = { type: 'pagewalk', request: 'launch', name: 'bad', program };
      // Tests are shown no dialogs: VS Code rejects instead.
      await vscode.debug.startDebugging(folder, configuration).then(undefined, () => {});
      assert.match(await until('the refusal', () => follower.launchError), message);
      await until('the end of the session', () => (vscode.debug.activeDebugSession ? undefined : true));
    }
  });

  it('are not needed for the bundled sample: its command opens the source and stops at the call of fork', async () => {
    using follower = new SessionFollower();
    await vscode.commands.executeCommand('pagewalk.debugSample');
    const { reason } = await follower.stop();
    assert.equal(reason, 'breakpoint');
    assert.match(await frameLine(), /fork\(\)/);
    await follower.stopDebugging();
    removeBreakpoints();
  });
});
