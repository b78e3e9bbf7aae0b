/** Whether this `clientID` of an initialize request is that of VS Code. */
export const isVsCode = (clientId: string | undefined): boolean => clientId === 'vscode';

/** Whether this client leaves out frames that are hinted at as subtle. nvim-dap had its name in `clientId` for years. */
export const knowsHints = (args: { readonly clientID?: string; readonly clientId?: unknown }): boolean =>
  args.clientID !== 'neovim' && args.clientId !== 'neovim';

/** The editor's side of the session, as far as the rest of the adapter talks to it unasked. */
export interface Client {
  /** What it can do, from its initialize request. */
  readonly abilities: {
    readonly memoryEvent: boolean;
    readonly invalidatedEvent: boolean;
    readonly progressReporting: boolean;
    /** It shows the thread that it was told of last as stopped, also while others are. */
    readonly followsStops: boolean;
    /** It shows first the frame whose `presentationHint` is not `subtle`. */
    readonly knowsHints: boolean;
  };
  event(name: string, body?: object): void;
  /** Prints to the debug console. */
  print(category: 'console' | 'important' | 'stdout' | 'stderr', text: string): void;
  /** A line or column counted from 1, as the client counts. */
  lineOut(line: number): number;
  columnOut(column: number): number;
  lineIn(line: number): number;
  columnIn(column: number): number;
}
