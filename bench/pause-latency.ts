import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import { Adapter } from './adapter-client.ts';
import { BenchError } from './bench-error.ts';

/**
 * How long the debugger takes to stop a guest that computes, seen from outside: from sending `pause` to the adapter until
 * its `stopped` event is here. In milliseconds, one for each pause.
 */
export async function pauseLatencies(
  program: string,
  args: readonly string[],
  engine: string,
  pauses: number,
): Promise<number[]> {
  const adapter = new Adapter();
  try {
    await adapter.request('initialize', { adapterID: 'pagewalk', pathFormat: 'path' });
    const launched = adapter.request('launch', { program: path.resolve(program), args, engine });
    await adapter.request('configurationDone', {});
    await launched;
    const { threads } = await adapter.request<{ threads?: { id: number }[] }>('threads', {});
    const threadId = threads?.[0]?.id;
    if (threadId === undefined) throw new BenchError('the guest ended before it could be paused');
    const latencies: number[] = [];
    for (let i = 0; i < pauses; i++) {
      await delay(40 + ((i * 37) % 61)); // somewhere in a slice
      const stopped = adapter.event('stopped');
      const asked = performance.now();
      const paused = adapter.request('pause', { threadId });
      await stopped;
      latencies.push(performance.now() - asked);
      await paused;
      await adapter.request('continue', { threadId });
    }
    return latencies;
  } finally {
    adapter.end();
  }
}
