import * as path from 'node:path';
import * as vscode from 'vscode';
import { parseLaunch } from '../debug/launch.ts';
import type { MeasuredRun } from '../inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../platform/registry.ts';
import { err, ok, type Result } from '../result.ts';
import type { ComparisonPanels } from './comparison-panels.ts';
import { runComparison, type ComparisonRequest } from './comparison-process.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';

/** What "Compare Platforms" works with. */
export interface CompareParts {
  /** Path of `cli.js`. */
  readonly commandLine: string;
  readonly configurations: ConfigurationProvider;
  readonly panels: ComparisonPanels;
}

/**
 * Runs a program on every platform and shows the report: the program that is being debugged, with its arguments, else
 * one of the workspace, as for F5.
 * @param attributes of a launch configuration that say what to run, for a key binding
 * @returns the runs, or `undefined` when there was nothing to compare or the user gave up
 */
export async function comparePlatforms(
  parts: CompareParts,
  attributes?: object,
): Promise<readonly MeasuredRun[] | undefined> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showWarningMessage(vscode.l10n.t('Programs are run in trusted workspaces only.'));
    return undefined;
  }
  const chosen = (): Promise<object | undefined> =>
    parts.configurations.choose(undefined, vscode.l10n.t('Compare Sample'), (configuration) =>
      comparePlatforms(parts, configuration),
    );
  const configuration = attributes ?? debugged() ?? (await chosen());
  if (!configuration) return undefined;
  const request = requestOf(configuration);
  const compared = request.ok ? await compareWithProgress(parts.commandLine, request.value) : request;
  if (!compared.ok) {
    void vscode.window.showErrorMessage(vscode.l10n.t('The platforms cannot be compared: {0}', compared.error));
    return undefined;
  }
  if (!request.ok || compared.value.length < PLATFORM_NAMES.length) return undefined; // cancelled
  const { program, args } = request.value;
  parts.panels.show({ program, args, runs: compared.value });
  return compared.value;
}

/** The configuration of the program that is being debugged, as VS Code has completed it. */
function debugged(): object | undefined {
  const session = vscode.debug.activeDebugSession;
  return session?.type === 'pagewalk' ? session.configuration : undefined;
}

function requestOf(attributes: object): Result<ComparisonRequest, string> {
  const parsed = parseLaunch(attributes);
  if (!parsed.ok) return err(parsed.error);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  return ok({ ...parsed.value, program: path.resolve(folder, parsed.value.program) });
}

/** Shows how far it has come in a notification with a button that stops it. */
async function compareWithProgress(
  commandLine: string,
  request: ComparisonRequest,
): Promise<Result<readonly MeasuredRun[], string>> {
  const options: vscode.ProgressOptions = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Comparing platforms with {0}', path.basename(request.program)),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    const subscription = token.onCancellationRequested(() => stop.abort());
    let done = 0;
    const tell = (increment: number): void => {
      const next = PLATFORM_NAMES[done];
      if (next === undefined) return;
      const message = vscode.l10n.t('{0} ({1} of {2})', next, done + 1, PLATFORM_NAMES.length);
      progress.report({ message, increment });
    };
    const ended = (): void => {
      done++;
      tell(100 / PLATFORM_NAMES.length);
    };
    tell(0);
    try {
      return await runComparison(commandLine, request, ended, stop.signal);
    } finally {
      subscription.dispose();
    }
  });
}
