import { access, constants } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { buildCommand } from './build-command.ts';
import { isOfUnknownSource, programsOf } from './program-of-source.ts';
import { findPrograms } from './program-finder.ts';

/** What else is offered where no program is found: it begins anew with what the user takes. */
export interface Offer {
  readonly sample: { readonly title: string; readonly take: () => unknown };
  readonly take: (program: vscode.Uri) => unknown;
}

/**
 * The program that F5 means: the one that the source in the editor was built into, else, where no source is open, the
 * only one of the workspace; of several the user picks one. Where there is none, says so, with ways to get one.
 */
export async function chooseProgram(
  folder: vscode.WorkspaceFolder | undefined,
  offer: Offer,
  token?: vscode.CancellationToken,
): Promise<vscode.Uri | undefined> {
  const source = openSourceFile();
  const programs = await findPrograms(folder, token, source && path.dirname(source));
  const paths = programs.map(({ fsPath }) => fsPath);
  const own = source === undefined ? [] : await programsOf(source, paths);
  if (own.length > 0)
    return own.length === 1 ? vscode.Uri.file(own[0]) : pickProgram(own.map((file) => vscode.Uri.file(file)));
  const command = source === undefined ? undefined : buildCommand(source);
  const [only] = paths;
  const isOnly = paths.length === 1;
  if (isOnly && (!command || (await isOfUnknownSource(only)))) return programs[0];
  if (paths.length > 1 && !command) return pickProgram(programs);
  // Not waited for: F5 is over, and what the user does about it begins anew.
  void tellNone(folder, source, programs, offer);
  return undefined;
}

/** Asks for one of the workspace's programs: the `${command:pickProgram}` of launch.json. */
export async function pickProgramOfWorkspace(): Promise<string | undefined> {
  const programs = await findPrograms(undefined);
  if (programs.length > 0) return (await pickProgram(programs))?.fsPath;
  void vscode.window.showWarningMessage(
    vscode.l10n.t('There is no RISC-V program in the workspace. Compile one with riscv64-linux-gnu-gcc -g -static.'),
  );
  return undefined;
}

/** The file in the editor, or in one that is visible beside it. */
function openSourceFile(): string | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const editors = activeTextEditor ? [activeTextEditor, ...visibleTextEditors] : visibleTextEditors;
  return editors.find(({ document }) => document.uri.scheme === 'file')?.document.uri.fsPath;
}

async function tellNone(
  folder: vscode.WorkspaceFolder | undefined,
  source: string | undefined,
  programs: readonly vscode.Uri[],
  offer: Offer,
): Promise<void> {
  const relative = source === undefined ? undefined : vscode.workspace.asRelativePath(source, false);
  const build = relative === undefined ? undefined : buildCommand(relative);
  const found = build
    ? programs.length === 0
      ? vscode.l10n.t('There is no RISC-V program of {0} here.', relative!)
      : vscode.l10n.t('No RISC-V program here was built from {0}.', relative!)
    : vscode.l10n.t('There is no RISC-V program here.');
  const { command, compiler } = build ?? { command: 'riscv64-linux-gnu-gcc -g -static', compiler: undefined };
  const how = vscode.l10n.t('Build it, then press F5 again: {0}', command);
  const install =
    compiler?.startsWith('riscv64-linux-gnu-') &&
    !(await isInstalled(compiler)) &&
    vscode.l10n.t('(Debian and Ubuntu have the compiler as {0}.)', packageOf(compiler));
  const typeIt = vscode.l10n.t('Type in Terminal');
  const choose = vscode.l10n.t('Choose…');
  const actions = [...(build ? [typeIt] : []), ...(programs.length > 0 ? [choose] : []), offer.sample.title];
  const text = [found, how, install].filter(Boolean).join(' ');
  const picked = await vscode.window.showWarningMessage(text, ...actions);
  if (picked === typeIt) typeInTerminal(folder, source!, command);
  else if (picked === choose) {
    const program = await pickProgram(programs);
    if (program) await offer.take(program);
  } else if (picked === offer.sample.title) await offer.sample.take();
}

/** Types a command for the user to look at and run. */
function typeInTerminal(folder: vscode.WorkspaceFolder | undefined, source: string, command: string): void {
  const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(source)) ?? folder;
  const cwd = root?.uri.fsPath ?? path.dirname(source);
  const terminal = vscode.window.createTerminal({ name: vscode.l10n.t('Build'), cwd });
  terminal.show();
  terminal.sendText(command, false);
}

async function isInstalled(compiler: string): Promise<boolean> {
  const folders = process.env['PATH']?.split(path.delimiter) ?? [];
  const tries = folders.map((folder) => access(path.join(folder, compiler), constants.X_OK).then(() => true));
  return Promise.any(tries).catch(() => false);
}

const packageOf = (compiler: string): string =>
  compiler.endsWith('g++') ? 'g++-riscv64-linux-gnu' : 'gcc-riscv64-linux-gnu';

async function pickProgram(programs: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const items = programs.map((program) => ({
    label: path.basename(program.fsPath),
    description: path.dirname(vscode.workspace.asRelativePath(program)).replace(/^\.$/, ''),
    program,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('The RISC-V program to run'),
    matchOnDescription: true,
  });
  return picked?.program;
}
