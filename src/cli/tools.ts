import { serveStdio } from '../debug/stdio.ts';
import { nodeDebugHost } from './node-debug-host.ts';

export { compare } from './compare.ts';
export { circumstances } from './fatal-signal.ts';
export { deadlock } from './deadlock.ts';
export { inspect } from './inspect.ts';

/** Serves the Debug Adapter Protocol on standard input and output. */
export function serve(): void {
  serveStdio(nodeDebugHost);
}
