import { open, readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { IDENTITY_BYTES, isRiscvProgram } from './elf-identity.ts';

/** Endings that RISC-V programs have, where they have one. Shared libraries (.so) and object files (.o) are left out. */
const ENDINGS = ['', '.elf', '.out', '.exe', '.riscv', '.riscv64', '.rv64', '.bin'];
const EXCLUDED = '**/{node_modules,.git,.hg,.svn}/**';
const MOST_FILES = 20_000;
const MOST_CANDIDATES = 2_000;

/**
 * The RISC-V programs of a folder, or of the whole workspace, found by their ELF headers; in order of their paths.
 * A very large workspace is searched in part.
 * @param lone where to look if no folder is open: that of a file that is
 */
export async function findPrograms(
  folder: vscode.WorkspaceFolder | undefined,
  token?: vscode.CancellationToken,
  lone?: string,
): Promise<vscode.Uri[]> {
  const files = await findFiles(folder, token, lone);
  const candidates = files
    .filter((file) => file.scheme === 'file' && ENDINGS.includes(path.extname(file.fsPath).toLowerCase()))
    .sort((a, b) => (a.fsPath < b.fsPath ? -1 : 1))
    .slice(0, MOST_CANDIDATES);
  const programs: vscode.Uri[] = [];
  for (const file of candidates) {
    if (token?.isCancellationRequested) break;
    if (await startsAsProgram(file.fsPath)) programs.push(file);
  }
  return programs;
}

async function findFiles(
  folder: vscode.WorkspaceFolder | undefined,
  token: vscode.CancellationToken | undefined,
  lone: string | undefined,
): Promise<vscode.Uri[]> {
  if (vscode.workspace.workspaceFolders?.length) {
    const everything = folder ? new vscode.RelativePattern(folder, '**/*') : '**/*';
    return vscode.workspace.findFiles(everything, EXCLUDED, MOST_FILES, token);
  }
  const entries = lone === undefined ? [] : await readdir(lone, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => vscode.Uri.file(path.join(lone!, name)));
}

/** A file that cannot be read (gone by now, not ours) is not a program. */
async function startsAsProgram(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return false;
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(IDENTITY_BYTES), 0, IDENTITY_BYTES, 0);
    return isRiscvProgram(buffer.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
