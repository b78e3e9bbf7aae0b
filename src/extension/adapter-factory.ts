import * as vscode from 'vscode';

/** Runs the debug adapter, `pagewalk dap`, as a program of its own. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  readonly #commandLine: string;

  constructor(extension: vscode.Uri) {
    this.#commandLine = vscode.Uri.joinPath(extension, 'dist', 'cli.js').fsPath;
  }

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    // VS Code runs "node" with its own runtime: the user needs none.
    return new vscode.DebugAdapterExecutable('node', [this.#commandLine, 'dap']);
  }
}
