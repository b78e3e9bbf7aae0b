import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import { hexDump } from './hex-dump.ts';
import type { SessionTracker } from './session-tracker.ts';

const SCHEME = 'pagewalk-memory';
/** Declared in package.json, so that a dump is not coloured as if its brackets were code. */
const LANGUAGE = 'pagewalk-memory';

const PAGE_SIZE = 4096;

/** Pages of guest memory as read-only documents, read again whenever the guest has stopped. */
export class MemoryDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #tracker: SessionTracker;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];

  readonly onDidChange = this.#changed.event;

  constructor(tracker: SessionTracker) {
    this.#tracker = tracker;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      tracker.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments)
          if (uri.scheme === SCHEME && !tracker.isRunning(uri.authority)) this.#changed.fire(uri);
      }),
    ];
  }

  /** Shows the page that contains `va`. */
  async show(session: vscode.DebugSession, pid: number, va: number): Promise<void> {
    const page = va - (va % PAGE_SIZE);
    const { document } = await this.#open(session, pid, page);
    const start = new vscode.Position(Math.floor((va - page) / 16), 0);
    await vscode.window.showTextDocument(document, { preview: true, selection: new vscode.Range(start, start) });
  }

  /** Compares the bytes of a page of two processes, side by side. */
  async compare(session: vscode.DebugSession, [one, other]: readonly [number, number], page: number): Promise<void> {
    const left = await this.#open(session, one, page);
    const right = await this.#open(session, other, page);
    const title = vscode.l10n.t('0x{0}: pid {1} and pid {2}', page.toString(16), one, other);
    await vscode.commands.executeCommand('vscode.diff', left.uri, right.uri, title, { preview: true });
  }

  /** What a document shows; `undefined` for one of others. */
  placeIn(uri: vscode.Uri): { readonly pid: number; readonly address: number } | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const [pid, address] = placeOf(uri);
    return { pid, address };
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [pid, page] = placeOf(uri);
    const session = this.#tracker.find(uri.authority);
    if (!session) return vscode.l10n.t('The debug session has ended.');
    if (this.#tracker.isRunning(session.id))
      return vscode.l10n.t('The program is running: pause it to read its memory.');
    const request: DebugProtocol.ReadMemoryArguments = {
      memoryReference: `p${pid}:0x${page.toString(16)}`,
      count: PAGE_SIZE,
    };
    try {
      const body = (await session.customRequest('readMemory', request)) as DebugProtocol.ReadMemoryResponse['body'];
      const bytes = Buffer.from(body?.data ?? '', 'base64');
      if (bytes.length === 0)
        return vscode.l10n.t('No memory is mapped at 0x{0} in process {1}.', page.toString(16), pid);
      return hexDump(bytes, page);
    } catch (error) {
      return vscode.l10n.t('The memory cannot be read: {0}', error instanceof Error ? error.message : String(error));
    }
  }

  async #open(
    session: vscode.DebugSession,
    pid: number,
    page: number,
  ): Promise<{ readonly uri: vscode.Uri; readonly document: vscode.TextDocument }> {
    const title = vscode.l10n.t('Memory {0}', `0x${page.toString(16)} (pid ${pid})`);
    const uri = vscode.Uri.from({ scheme: SCHEME, authority: session.id, path: `/${title}`, query: `${pid}:${page}` });
    const document = await vscode.workspace.openTextDocument(uri);
    return { uri, document: await vscode.languages.setTextDocumentLanguage(document, LANGUAGE) };
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}

const placeOf = (uri: vscode.Uri): [number, number] => uri.query.split(':').map(Number) as [number, number];
