import process from 'node:process';
import type { DebugHost } from './debug-host.ts';
import { PagewalkSession } from './session.ts';

/** Serves one session on standard input and output; ends the process when the client has disconnected or is gone. */
export function serveStdio(host: DebugHost): void {
  const leave = (): void => {
    // What was written last must get out first.
    process.stdout.end(() => process.exit(0));
  };
  const session = new PagewalkSession(host, leave);
  process.stdin.once('close', () => session.shutdown());
  process.stdout.on('error', () => process.exit(0));
  session.start(process.stdin, process.stdout);
}
