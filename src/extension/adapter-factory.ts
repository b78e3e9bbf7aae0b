import * as vscode from 'vscode';

/** Runs the debug adapter, `pagewalk dap`, as a program of its own. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  readonly #commandLine: string;

  /** @param commandLine path of `cli.js`. */
  constructor(commandLine: string) {
    this.#commandLine = commandLine;
  }

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    // VS Code runs "node" with its own runtime: the user needs none.
    return new vscode.DebugAdapterExecutable('node', [this.#commandLine, 'dap']);
  }
}
