import * as path from 'node:path';
import * as vscode from 'vscode';
import { parseLaunch } from '../debug/launch.ts';
import type { BundledSamples } from './bundled-samples.ts';
import { chooseProgram } from './program-chooser.ts';
import { findPrograms } from './program-finder.ts';

/** Attributes that settings of the same names decide where a configuration does not. */
const DECIDED_BY_SETTINGS = ['justMyCode', 'tellChanges', 'stopAtExit'];

/** Completes launch configurations, checks them, and makes them up where there are none. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  readonly #samples: BundledSamples;
  readonly #log: vscode.LogOutputChannel;

  constructor(samples: BundledSamples, log: vscode.LogOutputChannel) {
    this.#samples = samples;
    this.#log = log;
  }

  /** For a new launch.json: one for each program of the folder, or one to be completed. */
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration[]> {
    const found = (await findPrograms(folder, token)).map(launchInWorkspace);
    return found.length > 0 ? found : [launch('${workspaceFolder}/a.out', vscode.l10n.t('Debug address spaces'))];
  }

  /** For the configuration picker: one for each program of the folder, and the bundled sample. */
  async startable(
    folder: vscode.WorkspaceFolder | undefined,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration[]> {
    const programs = await findPrograms(folder, token);
    const sampleFound = programs.some((program) => program.fsPath === this.#samples.first);
    return [...programs.map(launchInWorkspace), ...(sampleFound ? [] : [this.sample()])];
  }

  /** The bundled sample's configuration. */
  sample(): vscode.DebugConfiguration {
    return launch(this.#samples.first, vscode.l10n.t('fork-cow (bundled sample)'));
  }

  /** F5: with no launch.json the configuration is empty. `undefined` gives up quietly, `null` opens launch.json. */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration | undefined | null> {
    const isEmpty = !configuration.type && !configuration.request && !configuration.name;
    if (!isEmpty) return configuration;
    const start = (chosen: vscode.DebugConfiguration): Thenable<boolean> =>
      chosen['program'] === this.#samples.first
        ? vscode.commands.executeCommand('pagewalk.debugSample')
        : vscode.debug.startDebugging(folder, chosen);
    return this.choose(folder, vscode.l10n.t('Debug Sample'), start, token);
  }

  resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.ProviderResult<vscode.DebugConfiguration> {
    const parsed = parseLaunch(configuration);
    if (!parsed.ok) return refuse(vscode.l10n.t('The configuration "{0}": {1}', configuration.name, parsed.error));
    const program = path.resolve(folder?.uri.fsPath ?? '', parsed.value.program);
    const bundled = this.#samples.includes(program) ? this.#samples.sourceMap() : {};
    this.#log.info(`launch ${program}`);
    const settings = vscode.workspace.getConfiguration('pagewalk', folder);
    const decided = Object.fromEntries(
      DECIDED_BY_SETTINGS.map((name) => [name, (configuration[name] as unknown) ?? settings.get<boolean>(name, true)]),
    );
    return { ...configuration, ...decided, program, sourceMap: { ...bundled, ...parsed.value.sourceMap } };
  }

  /**
   * A configuration for the program that F5 means; `undefined` where there is none, or none was picked.
   * @param sampleTitle what is offered where there is no program
   * @param go begins anew, with the bundled sample or another program that the user has taken of the offer
   */
  async choose(
    folder: vscode.WorkspaceFolder | undefined,
    sampleTitle: string,
    go: (configuration: vscode.DebugConfiguration) => unknown,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const offer = {
      sample: { title: sampleTitle, take: () => go(this.sample()) },
      take: (program: vscode.Uri) => go(named(program)),
    };
    const program = await chooseProgram(folder, offer, token);
    return program && named(program);
  }
}

const named = (program: vscode.Uri): vscode.DebugConfiguration =>
  launch(program.fsPath, vscode.workspace.asRelativePath(program));

function launch(program: string, name: string): vscode.DebugConfiguration {
  return { type: 'pagewalk', request: 'launch', name, program };
}

/** A launch configuration that can be kept: it names the program from its workspace folder on. */
function launchInWorkspace(program: vscode.Uri): vscode.DebugConfiguration {
  const folder = vscode.workspace.getWorkspaceFolder(program);
  const relative = vscode.workspace.asRelativePath(program, false);
  const isOnly = vscode.workspace.workspaceFolders?.length === 1;
  const variable = isOnly ? '${workspaceFolder}' : `\${workspaceFolder:${folder?.name}}`;
  return launch(folder ? `${variable}/${relative}` : program.fsPath, vscode.workspace.asRelativePath(program));
}

/** Says why a configuration cannot be started; opens launch.json when the user wants that. */
async function refuse(message: string): Promise<undefined | null> {
  const openFile = vscode.l10n.t('Open launch.json');
  return (await vscode.window.showErrorMessage(message, openFile)) === openFile ? null : undefined;
}
