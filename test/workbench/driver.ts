// What a person does in VS Code, and what they wait for, for the tests of the workbench.
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { StoppedBody } from '../../src/debug/custom-requests.ts';
import type { Pagewalk } from '../../src/extension/extension.ts';
import type { LazyTree, TreeNode } from '../../src/extension/lazy-tree.ts';

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

/** Opens Run and Debug. */
export async function openDebugViews(): Promise<void> {
  await vscode.commands.executeCommand('workbench.view.debug');
}

/**
 * A picture of the window, where the host takes them.
 * @param of `view`: only of this view of the side bar; `text`: once a webview shows this text
 */
export async function screenshot(
  name: string,
  of: { readonly view?: string; readonly text?: string } = {},
): Promise<void> {
  const url = process.env.WORKBENCH_SHOT_URL;
  if (!url) return;
  const response = await fetch(`${url}/${name}?${new URLSearchParams(of).toString()}`);
  if (!response.ok) throw new Error(`no picture ${name}: ${await response.text()}`);
}

/** A row of a view as a screen reader gets it. */
export interface ShownRow {
  /** Where it is on the screen. */
  readonly top: number;
  readonly label: string;
  readonly level: number;
  /** Only of a row that has children. */
  readonly expanded?: 'true' | 'false';
  readonly badge?: string;
}

/** The rows of a view that are on screen; `undefined` where the host cannot see them. */
export async function shownRows(view: string): Promise<readonly ShownRow[] | undefined> {
  const url = process.env.WORKBENCH_SHOT_URL;
  if (!url) return undefined;
  const response = await fetch(`${url}/rows?${new URLSearchParams({ view }).toString()}`);
  if (!response.ok) throw new Error(`no rows of ${view}: ${await response.text()}`);
  return (await response.json()) as readonly ShownRow[];
}

/** Follows one debug session from its start. */
export class SessionFollower implements Disposable {
  readonly #stops: { body: DebugProtocol.StoppedEvent['body']; focusedBefore: unknown }[] = [];
  readonly #output: string[] = [];
  #filters: readonly DebugProtocol.ExceptionBreakpointsFilter[] = [];
  #checked: readonly string[] = [];
  readonly #tracker: vscode.Disposable;
  #session: vscode.DebugSession | undefined;
  #ended = false;
  #exitCode: number | undefined;
  #lastStop: StoppedBody | undefined;
  #launchError: string | undefined;

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

  /** Why the adapter has refused to launch. */
  get launchError(): string | undefined {
    return this.#launchError;
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
    const { body, focusedBefore } = await until('the next stop', () => {
      const stop = this.#stops.shift();
      if (!stop && this.#ended) throw new Error(`the session ended instead of stopping\n${this.output}`);
      return stop;
    });
    // VS Code hears of the stop before it has a frame, and loses commands that come in between.
    await until('the focus on the frame of the stop', () => {
      const frame = focusedFrame();
      return frame?.threadId === body.threadId && frame !== focusedBefore ? frame : undefined;
    });
    return body;
  }

  async ended(): Promise<void> {
    await until('the end of the session', () => (this.#ended && !vscode.debug.activeDebugSession) || undefined);
  }

  /** Lets the program run to its end: past the stop at its last state, which is the default of a setting. */
  async runToEnd(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await this.stop();
    assert.match(this.lastStop.reason, /This is its last state: continue to end the session\.$/);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await this.ended();
  }

  async ask<Body>(command: string, args: object): Promise<Body> {
    return (await this.session.customRequest(command, args)) as Body;
  }

  /** The frames of a thread, innermost first. */
  stack(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    return stackOf(this.session, threadId);
  }

  async threads(): Promise<DebugProtocol.Thread[]> {
    return (await this.ask<DebugProtocol.ThreadsResponse['body']>('threads', {})).threads;
  }

  evaluate(expression: string, frameId: number): Promise<DebugProtocol.EvaluateResponse['body']> {
    return this.ask('evaluate', { expression, frameId, context: 'watch' });
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
    // VS Code focuses the frame of a stop once its source is open, and may do so twice. Were the session over before the
    // second time, its frame would have the focus for ever, and no later session would take it.
    const editor = vscode.window.activeTextEditor;
    if (editor) await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    if (vscode.debug.activeDebugSession) await vscode.debug.stopDebugging();
    await this.ended();
  }

  [Symbol.dispose](): void {
    this.#tracker.dispose();
  }

  #request({ command, arguments: args }: DebugProtocol.Request): void {
    if (command !== 'setExceptionBreakpoints') return;
    const { filters, filterOptions } = args as DebugProtocol.SetExceptionBreakpointsArguments;
    this.#checked = [...filters, ...(filterOptions ?? []).map(({ filterId }) => filterId)];
  }

  #message(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const { command, success, body } = message as Omit<DebugProtocol.Response, 'body'> & { body?: unknown };
      if (command === 'initialize')
        this.#filters = (body as DebugProtocol.Capabilities | undefined)?.exceptionBreakpointFilters ?? [];
      if (command === 'launch' && !success)
        this.#launchError = (body as DebugProtocol.ErrorResponse['body']).error?.format;
    } else if (message.type === 'event') {
      this.#event(message as DebugProtocol.Event);
    }
  }

  #event({ event, body }: DebugProtocol.Event): void {
    if (event === 'stopped')
      this.#stops.push({
        body: body as DebugProtocol.StoppedEvent['body'],
        focusedBefore: vscode.debug.activeStackItem,
      });
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

/** Puts a breakpoint on the first line of a file of the workspace that contains `text`; returns its line, from 1. */
export async function breakAt(file: string, text: string): Promise<number> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'a folder is open');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, file));
  await vscode.window.showTextDocument(document);
  const { line } = document.positionAt(document.getText().indexOf(text));
  const location = new vscode.Location(document.uri, new vscode.Position(line, 0));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
  return line + 1;
}

/** The workspace's program, debugged up to a breakpoint on the line that contains `text`, with our views open. */
export async function stoppedAt(text: string): Promise<{ pagewalk: Pagewalk; follower: SessionFollower }> {
  const pagewalk = await activateExtension();
  const follower = new SessionFollower();
  await openDebugViews();
  await breakAt('fork-cow.c', text);
  void vscode.commands.executeCommand('workbench.action.debug.start');
  await follower.stop();
  return { pagewalk, follower };
}

/** Ends a session, and leaves nothing of it behind. */
export async function endSession(follower: SessionFollower): Promise<void> {
  await follower.stopDebugging();
  follower[Symbol.dispose]();
  removeBreakpoints();
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Leaves no breakpoint behind. */
export function removeBreakpoints(): void {
  vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
}

/** The text of the source line that is marked as the next to be executed. */
export async function frameLine(): Promise<string> {
  const frame = focusedFrame();
  assert.ok(frame, 'a frame is focused');
  const [top] = await stackOf(frame.session, frame.threadId);
  if (!top?.source?.path) return '';
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(top.source.path));
  return document.lineAt(top.line - 1).text;
}

async function stackOf(session: vscode.DebugSession, threadId: number): Promise<DebugProtocol.StackFrame[]> {
  const request: DebugProtocol.StackTraceArguments = { threadId, levels: 20 };
  const body = (await session.customRequest('stackTrace', request)) as DebugProtocol.StackTraceResponse['body'];
  // A workbench in the browser makes URIs of the paths in what the adapter says.
  for (const { source } of body.stackFrames)
    if (source?.path?.includes('://')) source.path = vscode.Uri.parse(source.path).fsPath;
  return body.stackFrames;
}

/** The description of the node of the page with an address (hex). */
export async function pageText(tree: LazyTree, pid: number, va: string): Promise<string> {
  const node = await tree.findPage(pid, Number(va));
  assert.ok(node, `${va} is present in process ${pid}`);
  return node.item.description as string;
}

/** The labels of the nodes below that page. */
export async function textsBelow(tree: LazyTree, pid: number, va: string): Promise<string[]> {
  const node = await tree.findPage(pid, Number(va));
  assert.ok(node, `${va} is present in process ${pid}`);
  return (await node.children()).map(({ item }) => item.label as string);
}

/** A tree as indented lines `label | description`, to the given depth. */
export async function outline(tree: LazyTree, depth: number, node?: TreeNode): Promise<string[]> {
  const children = await tree.getChildren(node);
  const lines: string[] = [];
  for (const child of children) {
    const { label, description } = child.item;
    lines.push(`${label as string}${description ? ` | ${description as string}` : ''}`);
    if (depth > 1) lines.push(...(await outline(tree, depth - 1, child)).map((line) => `  ${line}`));
  }
  return lines;
}

/** Every row of a tree, down to its leaves. */
export async function rowsOf(tree: LazyTree, node?: TreeNode): Promise<TreeNode[]> {
  const rows: TreeNode[] = [];
  for (const child of await tree.getChildren(node)) rows.push(child, ...(await rowsOf(tree, child)));
  return rows;
}

/** What a click on a row, or Enter, does. */
export async function click({ command }: vscode.TreeItem): Promise<void> {
  assert.ok(command, 'a click does something');
  await vscode.commands.executeCommand(command.command, ...((command.arguments ?? []) as unknown[]));
}

/** The byte at an address, as a dump shows it. */
export function byteIn(dump: string, address: number): string | undefined {
  const row = dump.split('\n').find((line) => parseInt(line, 16) === address - (address % 16));
  return row?.split(/ +/)[1 + (address % 16)];
}
