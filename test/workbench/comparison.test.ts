import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { MeasuredRun } from '../../src/inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { smallElf } from '../small-elf.ts';
import { activateExtension, screenshot, SessionFollower, until } from './driver.ts';

const compare = (attributes?: object): Thenable<readonly MeasuredRun[] | undefined> =>
  vscode.commands.executeCommand('pagewalk.comparePlatforms', attributes);

/** The tab with a report, once it is in front. */
const reportTab = (): Promise<vscode.Tab> =>
  until('the tab with the report', () => {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    return tab?.input instanceof vscode.TabInputWebview ? tab : undefined;
  });

describe('Compare Platforms', () => {
  it('runs the program of the workspace on every platform and shows the report in a tab', async () => {
    await activateExtension();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const runs = await compare();
    assert.deepEqual(
      runs?.map(({ platform }) => platform),
      PLATFORM_NAMES,
    );
    const independent = runs.find(({ platform }) => platform === 'independent')!;
    assert.deepEqual(independent.ending, { kind: 'exited', code: 0 });
    assert.ok(independent.faults.cow! > 0);
    const tab = await reportTab();
    assert.equal(tab.label, 'Platforms: fork-cow');
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await screenshot('comparison', { text: 'Page faults by cause' });
  });

  it('the report follows the theme', async () => {
    const colours = vscode.workspace.getConfiguration('workbench');
    await colours.update('colorTheme', 'Default Dark Modern', vscode.ConfigurationTarget.Global);
    try {
      await until(
        'the dark theme',
        () => vscode.window.activeColorTheme.kind === vscode.ColorThemeKind.Dark || undefined,
      );
      await screenshot('comparison-dark', { text: 'Page faults by cause' });
    } finally {
      await colours.update('colorTheme', undefined, vscode.ConfigurationTarget.Global);
      await vscode.window.tabGroups.close(await reportTab());
    }
  });

  it('compares the program that is being debugged, as it was started', async () => {
    using follower = new SessionFollower();
    const program = '../fork-tree/fork-tree';
    const configuration = { type: 'pagewalk', request: 'launch', name: 'tree', program, stopOnEntry: true };
    assert.equal(await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], configuration), true);
    await follower.stop();
    const runs = await compare();
    assert.equal(runs?.[0]?.forks, 7);
    const tab = await reportTab();
    assert.equal(tab.label, 'Platforms: fork-tree');
    await follower.stopDebugging();
    await vscode.window.tabGroups.close(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
  });

  it('shows how far it has come, and is stopped with a button', async () => {
    const JUMP_TO_ITSELF = 0x6f;
    const program = path.join(mkdtempSync(path.join(tmpdir(), 'pagewalk-compare-')), 'endless');
    writeFileSync(program, smallElf({ code: [JUMP_TO_ITSELF] }));
    const compared = compare({ program });
    await vscode.commands.executeCommand('notifications.showList');
    await screenshot('comparison-progress', { text: 'Comparing platforms with endless: independent (1 of 6)' });
    await vscode.commands.executeCommand('notification.acceptPrimaryAction');
    assert.equal(await compared, undefined);
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 0);
  });

  it('says in words why a program cannot be compared', async () => {
    for (const attributes of [
      { program: 'fork-cow.c' },
      { program: 'no-such-program' },
      { program: 'fork-cow', args: 1 },
    ])
      assert.equal(await compare(attributes), undefined);
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 0);
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});
