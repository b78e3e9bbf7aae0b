import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Pagewalk } from '../../src/extension/extension.ts';
import { EVENT_FILTERS, OTHER_FILTERS } from '../../src/debug/event-filters.ts';
import {
  activateExtension,
  frameLine,
  outline,
  removeBreakpoints,
  screenshot,
  SessionFollower,
  until,
} from './driver.ts';

interface Manifest {
  readonly contributes: {
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly id: string; readonly description: string; readonly media: object }[];
    }[];
  };
}

/** The walkthrough without a session: what each of its buttons does, and whether it says what is so. */
describe('the walkthrough', () => {
  let pagewalk: Pagewalk;
  let extension: string;
  let buttons: Map<string, string>;

  const media = (name: string): string => readFileSync(path.join(extension, 'media/walkthrough', name), 'utf8');
  /** The code blocks of a page. */
  const blocks = (text: string): string[] => [...text.matchAll(/```\w+\n(.*?)```/gs)].map(([, block]) => block);

  before(async () => {
    pagewalk = await activateExtension();
    const { extensionPath, packageJSON: manifest } = vscode.extensions.getExtension<Pagewalk>('pagewalk.pagewalk') as {
      readonly extensionPath: string;
      readonly packageJSON: Manifest;
    };
    extension = extensionPath;
    const words = JSON.parse(readFileSync(path.join(extension, 'package.nls.json'), 'utf8')) as Record<string, string>;
    const { steps } = manifest.contributes.walkthroughs[0];
    buttons = new Map(
      steps.map(({ id, description }) => {
        const text = words[description.replaceAll('%', '')] ?? description;
        const [, command] = /\]\(command:([\w.]+)\)/.exec(text) ?? [];
        return [id, command];
      }),
    );
    await vscode.commands.executeCommand('notifications.clearAll');
  });

  afterEach(async () => {
    removeBreakpoints();
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** Presses the button of a step that offers to debug the sample, takes the offer, and waits for its stop at the fork. */
  const takeOffer = async (step: string, offer: string): Promise<void> => {
    using follower = new SessionFollower();
    const pressed = vscode.commands.executeCommand(buttons.get(step)!);
    await vscode.commands.executeCommand('notifications.showList');
    await screenshot(`walkthrough-${step}`, { text: offer });
    await until('the session', async () => {
      if (vscode.debug.activeDebugSession) return true;
      await vscode.commands.executeCommand('notification.acceptPrimaryAction');
      await vscode.commands.executeCommand('list.focusDown');
      return undefined;
    });
    await follower.stop();
    await pressed;
    assert.match(await frameLine(), /fork\(\)/);
    await screenshot(`walkthrough-${step}-done`);
    await follower.stopDebugging();
  };

  it('debugs the sample, which stops before its fork', async () => {
    using follower = new SessionFollower();
    await vscode.commands.executeCommand(buttons.get('sample')!);
    await follower.stop();
    assert.match(await frameLine(), /fork\(\)/);
    await follower.stopDebugging();
  });

  it('offers to debug the sample where the goal of a button is there only in a session', async () => {
    await takeOffer('stops', 'The checkboxes are in the Breakpoints view while a program is debugged.');
    await takeOffer('views', 'Address spaces are in the panel Pagewalk while a program is debugged.');
  });

  it('compares the platforms with a program that is found, or the sample', async () => {
    const compared = vscode.commands.executeCommand<readonly unknown[]>(buttons.get('compare')!);
    assert.equal((await compared)?.length, 6);
  });

  it('adds a configuration, of this debugger', async () => {
    assert.equal(buttons.get('own'), 'pagewalk.addConfiguration');
    const added = vscode.commands.executeCommand(buttons.get('own')!);
    // VS Code asks for the debugger, and writes the file once it knows.
    await screenshot('walkthrough-own', { text: 'Pagewalk: RISC-V Linux address spaces' });
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await added;
  });

  it('shows lines of the sample, and checkboxes that there are', () => {
    const source = readFileSync(path.join(extension, 'samples/fork-cow/fork-cow.c'), 'utf8').split('\n');
    const lines = new Set(source.map((line) => line.trim()));
    for (const block of blocks(media('sample.md')))
      for (const line of block.split('\n')) assert.ok(lines.has(line.trim()), line);
    const [table, more] = media('stops.md').split('\n\nThe view');
    const labels = (text: string): string[] => [...text.matchAll(/\*\*(.*?)\*\*/g)].map(([, label]) => label);
    const listed = EVENT_FILTERS.filter(({ isListed }) => isListed).map(({ label }) => label);
    for (const label of labels(table)) assert.ok(listed.includes(label), label);
    for (const label of labels(more).slice(1))
      assert.ok(
        OTHER_FILTERS.some((filter) => filter.label === label),
        label,
      );
  });

  it('shows rows as they are at the sample’s copy-on-write fault', async () => {
    using follower = new SessionFollower();
    await vscode.commands.executeCommand(buttons.get('sample')!);
    await follower.stop();
    await follower.checkFilters(['Page fault: CoW']);
    do {
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await follower.stop();
    } while (!(await frameLine()).includes('counter = 42'));
    const [spaces, tables, ledger] = blocks(media('views.md'));
    const isShown = async (block: string, tree: 'addressSpaces' | 'pageTable' | 'ledger'): Promise<void> => {
      const rows = await outline(pagewalk[tree], 5);
      // A row may go on in the next line, which then begins further in than any row below it would.
      const told = block
        .replace(/\n {9,}(?=\S)/g, '  ')
        .split('\n')
        .filter(Boolean);
      for (const line of told)
        assert.ok(
          rows.some((row) =>
            line
              .trim()
              .split(/ {2,}/)
              .every((part) =>
                row
                  .split(/ [|·] /)
                  .map((one) => one.trim())
                  .includes(part),
              ),
          ),
          `${line}\n${rows.join('\n')}`,
        );
    };
    await isShown(spaces, 'addressSpaces');
    await isShown(tables, 'pageTable');
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await follower.stop();
    await isShown(ledger, 'ledger');
    await follower.checkFilters([]);
    await follower.stopDebugging();
  });
});
