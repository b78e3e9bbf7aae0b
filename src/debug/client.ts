/** The editor's side of the session, as far as the rest of the adapter talks to it unasked. */
export interface Client {
  /** What it can do, from its initialize request. */
  readonly abilities: {
    readonly memoryEvent: boolean;
    readonly invalidatedEvent: boolean;
    readonly progressReporting: boolean;
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
