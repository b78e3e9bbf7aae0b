import * as vscode from 'vscode';
import type { BundledSamples } from './bundled-samples.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';

/** Opens the bundled sample with a breakpoint at its call of fork, unless it has breakpoints already, and debugs it. */
export async function debugSample(samples: BundledSamples, configurations: ConfigurationProvider): Promise<boolean> {
  const source = vscode.Uri.file(samples.firstSource);
  const document = await vscode.workspace.openTextDocument(source);
  await vscode.window.showTextDocument(document);
  const hasBreakpoint = vscode.debug.breakpoints.some(
    (one) => one instanceof vscode.SourceBreakpoint && one.location.uri.fsPath === source.fsPath,
  );
  const call = /\bfork\(\)/.exec(document.getText());
  if (!hasBreakpoint && call) {
    const { line } = document.positionAt(call.index);
    const location = new vscode.Location(source, new vscode.Position(line, 0));
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
  }
  return vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(source), configurations.sample());
}
