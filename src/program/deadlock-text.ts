import type { Machine } from '../machine/machine.ts';
import { deadlockSentence } from '../machine/stop-text.ts';
import type { Stop } from '../machine/stop.ts';
import type { MemoryNames } from './names/memory-names.ts';
import type { SourcePlaces } from './source-places.ts';

type Waits = Extract<Stop, { kind: 'deadlock' }>['waits'];

/**
 * Who waits for what in a deadlock, and where: `Deadlock: nothing can go on. pid 1 waits for the futex at 0x12040 (lock)
 * in main (a.c:9); thread 2 of pid 1 …`.
 */
export function deadlockText(
  machine: Machine,
  { names, places }: { readonly names: MemoryNames; readonly places: SourcePlaces },
  waits: Waits,
): string {
  return deadlockSentence(waits, ({ task, reason }) => {
    const { process, tid, wait } = task;
    const who = tid === process.pid ? `pid ${tid}` : `thread ${tid} of pid ${process.pid}`;
    const name = wait?.at === undefined ? undefined : names.at(process, wait.at);
    const { pc } = machine.registers(task);
    const place = places.at({ n: machine.hart.instret, pid: process.pid, tid, pc })?.text;
    return `${who} ${reason}${name ? ` (${name.text})` : ''}${place === undefined ? '' : ` in ${place}`}`;
  });
}
