import * as path from 'node:path';
import * as vscode from 'vscode';
import { parseLaunch } from '../debug/launch.ts';
import type { BundledSamples } from './bundled-samples.ts';
import { findPrograms } from './program-finder.ts';

/** Completes launch configurations, checks them, and makes them up where there are none. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  readonly #samples: BundledSamples;
  readonly #log: vscode.LogOutputChannel;

  constructor(samples: BundledSamples, log: vscode.LogOutputChannel) {
    this.#samples = samples;
    this.#log = log;
  }

  /** For the configuration picker: one for each program of the folder, and the bundled sample. */
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration[]> {
    const programs = await findPrograms(folder, token);
    const found = programs.map((program) => launch(program.fsPath, vscode.workspace.asRelativePath(program)));
    const sampleFound = programs.some((program) => program.fsPath === this.#samples.first);
    return sampleFound ? found : [...found, this.sample()];
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
    if (isEmpty) return this.choose(folder, token);
    return configuration;
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
    const justMyCode =
      (configuration['justMyCode'] as boolean | undefined) ??
      vscode.workspace.getConfiguration('pagewalk', folder).get<boolean>('justMyCode', true);
    return { ...configuration, program, justMyCode, sourceMap: { ...bundled, ...parsed.value.sourceMap } };
  }

  /** The workspace's only program, the one that belongs to the source in the editor, the one picked, or the sample. */
  async choose(
    folder?: vscode.WorkspaceFolder,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const programs = await findPrograms(folder, token);
    const [first] = programs;
    if (!first) return this.sample();
    const program = programs.length === 1 ? first : (belongsToEditor(programs) ?? (await pick(programs)));
    return program && launch(program.fsPath, vscode.workspace.asRelativePath(program));
  }
}

/** Asks for one of the workspace's programs: the `${command:pickProgram}` of launch.json. */
export async function pickProgram(): Promise<string | undefined> {
  const programs = await findPrograms(undefined);
  if (programs.length === 0) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('There is no RISC-V program in the workspace. Compile one with riscv64-linux-gnu-gcc -g -static.'),
    );
    return undefined;
  }
  return (await pick(programs))?.fsPath;
}

const launch = (program: string, name: string): vscode.DebugConfiguration => ({
  type: 'pagewalk',
  request: 'launch',
  name,
  program,
});

/** `fork.c` in the editor and one program called `fork`, `fork.elf`, … */
function belongsToEditor(programs: readonly vscode.Uri[]): vscode.Uri | undefined {
  const source = vscode.window.activeTextEditor?.document.uri.fsPath;
  if (!source) return undefined;
  const named = programs.filter((program) => path.parse(program.fsPath).name === path.parse(source).name);
  return named.length === 1 ? named[0] : undefined;
}

async function pick(programs: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const items = programs.map((program) => ({
    label: path.basename(program.fsPath),
    description: vscode.workspace.asRelativePath(vscode.Uri.file(path.dirname(program.fsPath))),
    program,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('The RISC-V program to run'),
    matchOnDescription: true,
  });
  return picked?.program;
}

/** Says why a configuration cannot be started; opens launch.json when the user wants that. */
async function refuse(message: string): Promise<undefined | null> {
  const openFile = vscode.l10n.t('Open launch.json');
  return (await vscode.window.showErrorMessage(message, openFile)) === openFile ? null : undefined;
}
