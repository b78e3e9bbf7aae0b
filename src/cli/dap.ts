import { PagewalkSession } from '../debug/session.ts';
import { nodeDebugHost } from './node-debug-host.ts';

/** Serves one debug session on standard input and output; the process ends with it. */
export function serve(): void {
  const session = new PagewalkSession(nodeDebugHost);
  session.start(process.stdin, process.stdout);
}
