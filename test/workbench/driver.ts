// What a person does in VS Code, and what they wait for, for the tests of the workbench.
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { StoppedBody } from '../../src/debug/custom-requests.ts';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { TreeNode } from '../../src/extension/lazy-tree.ts';

const WAIT_MS = 15_000;

/** The extension's exports. */
export async function activateExtension(): Promise<Pagewalk> {
  const extension = vscode.extensions.getExtension<Pagewalk>('pagewalk.pagewalk');
  assert.ok(extension, 'the extension is installed');
  return extension.activate();
}

/** Waits until `probe` gives something, looking again whenever VS Code has had time to do something. */
export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A picture of the window, where the host takes them. */
export async function screenshot(name: string): Promise<void> {
  const url = process.env.WORKBENCH_SHOT_URL;
  if (url) await fetch(`${url}/${name}`);
}

/** Follows one debug session from its start. */
export class SessionFollower implements vscode.Disposable {
  readonly #stops: DebugProtocol.StoppedEvent['body'][] = [];
  readonly #output: string[] = [];
  #filters: readonly DebugProtocol.ExceptionBreakpointsFilter[] = [];
  #checked: readonly string[] = [];
  readonly #tracker: vscode.Disposable;
  #session: vscode.DebugSession | undefined;
  #ended = false;
  #exitCode: number | undefined;
  #lastStop: StoppedBody | undefined;

  constructor() {
    this.#tracker = vscode.debug.registerDebugAdapterTrackerFactory('pagewalk', {
      createDebugAdapterTracker: (session) => {
        this.#session = session;
        return {
          onWillReceiveMessage: (message: DebugProtocol.Request) => this.#request(message),
          onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => this.#message(message),
          onExit: () => (this.#ended = true),
          onWillStopSession: () => (this.#ended = true),
        };
      },
    });
  }

  get session(): vscode.DebugSession {
    assert.ok(this.#session, 'a session has started');
    return this.#session;
  }

  /** What the adapter says about the last stop. */
  get lastStop(): StoppedBody {
    assert.ok(this.#lastStop, 'there was a stop');
    return this.#lastStop;
  }

  /** What the guest and the adapter printed. */
  get output(): string {
    return this.#output.join('');
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** The next stop that nobody has waited for yet, once VS Code has focused its frame. */
  async stop(): Promise<DebugProtocol.StoppedEvent['body']> {
    const stop = await until('the next stop', () => {
      if (this.#ended) throw new Error(`the session ended instead of stopping\n${this.output}`);
      return this.#stops.shift();
    });
    // VS Code hears of the stop before it has a frame, and loses commands that come in between.
    await until('a focused frame', () => focusedFrame());
    return stop;
  }

  async ended(): Promise<void> {
    await until('the end of the session', () => (this.#ended && !vscode.debug.activeDebugSession) || undefined);
  }

  async ask<Body>(command: string, args: object): Promise<Body> {
    return (await this.session.customRequest(command, args)) as Body;
  }

  /** The lines of the frames of a thread, innermost first. */
  async stack(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    const body = await this.ask<DebugProtocol.StackTraceResponse['body']>('stackTrace', { threadId, levels: 20 });
    return body.stackFrames;
  }

  async threads(): Promise<DebugProtocol.Thread[]> {
    return (await this.ask<DebugProtocol.ThreadsResponse['body']>('threads', {})).threads;
  }

  /** The variables of a scope of the frame, by name. */
  async variables(frameId: number, scope: string): Promise<Map<string, DebugProtocol.Variable>> {
    const { scopes } = await this.ask<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
    const found = scopes.find(({ name }) => name === scope);
    assert.ok(found, `there is a scope ${scope} among ${scopes.map(({ name }) => name).join(', ')}`);
    const { variablesReference } = found;
    const body = await this.ask<DebugProtocol.VariablesResponse['body']>('variables', { variablesReference });
    return new Map(body.variables.map((variable) => [variable.name, variable]));
  }

  /** Leaves exactly these boxes of the Breakpoints view checked, through the command that shows them as a list. */
  async checkFilters(labels: readonly string[]): Promise<void> {
    for (const label of labels)
      assert.ok(
        this.#filters.some((one) => one.label === label),
        `there is a filter ${label}`,
      );
    const shown = vscode.commands.executeCommand('debug.toggleExceptionBreakpoints');
    await vscode.commands.executeCommand('quickInput.first');
    for (const { label, filter } of this.#filters) {
      const isChecked = this.#checked.includes(filter);
      if (labels.includes(label) !== isChecked) await vscode.commands.executeCommand('quickInput.toggleCheckbox');
      await vscode.commands.executeCommand('quickInput.next');
    }
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await shown;
    const wanted = this.#filters.filter(({ label }) => labels.includes(label)).map(({ filter }) => filter);
    await until('the checked filters', () => sameSet(this.#checked, wanted) || undefined);
  }

  /** Ends the session if it has not ended by itself. */
  async stopDebugging(): Promise<void> {
    if (vscode.debug.activeDebugSession) await vscode.debug.stopDebugging();
    await this.ended();
  }

  dispose(): void {
    this.#tracker.dispose();
  }

  #request({ command, arguments: args }: DebugProtocol.Request): void {
    if (command !== 'setExceptionBreakpoints') return;
    const { filters, filterOptions } = args as DebugProtocol.SetExceptionBreakpointsArguments;
    this.#checked = [...filters, ...(filterOptions ?? []).map(({ filterId }) => filterId)];
  }

  #message(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const { command, body } = message as DebugProtocol.InitializeResponse;
      if (command === 'initialize') this.#filters = body?.exceptionBreakpointFilters ?? [];
    } else if (message.type === 'event') {
      this.#event(message as DebugProtocol.Event);
    }
  }

  #event({ event, body }: DebugProtocol.Event): void {
    if (event === 'stopped') this.#stops.push(body as DebugProtocol.StoppedEvent['body']);
    if (event === 'pagewalk/stopped') this.#lastStop = body as StoppedBody;
    if (event === 'output') this.#output.push((body as DebugProtocol.OutputEvent['body']).output);
    if (event === 'exited') this.#exitCode = (body as DebugProtocol.ExitedEvent['body']).exitCode;
    if (event === 'terminated') this.#ended = true;
  }
}

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((element) => other.includes(element));

const focusedFrame = (): vscode.DebugStackFrame | undefined =>
  vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : undefined;

/** The text of the source line that is marked as the next to be executed. */
export async function frameLine(): Promise<string> {
  const frame = focusedFrame();
  assert.ok(frame, 'a frame is focused');
  const body = (await frame.session.customRequest('stackTrace', {
    threadId: frame.threadId,
    levels: 1,
  })) as DebugProtocol.StackTraceResponse['body'];
  const [top] = body.stackFrames;
  if (!top?.source?.path) return '';
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(top.source.path));
  return document.lineAt(top.line - 1).text;
}

/** A tree as indented lines `label | description`, to the given depth. */
export async function outline(
  tree: vscode.TreeDataProvider<TreeNode>,
  depth: number,
  node?: TreeNode,
): Promise<string[]> {
  const children = (await tree.getChildren(node)) ?? [];
  const lines: string[] = [];
  for (const child of children) {
    const { label, description } = child.item;
    lines.push(`${label as string}${description ? ` | ${description as string}` : ''}`);
    if (depth > 1) lines.push(...(await outline(tree, depth - 1, child)).map((line) => `  ${line}`));
  }
  return lines;
}
