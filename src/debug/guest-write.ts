import { toHex, virtAddr } from '../memory/address.ts';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import { err, ok, type Result } from '../result.ts';

/** Who hears of what the debugger writes. */
export interface WriteListener {
  readonly print: (line: string) => void;
  /** An event that the write brought about. */
  readonly noticed: (event: MachineEvent) => void;
}

/**
 * Writes memory for the debugger as a store of the process would: shared pages are copied first, and the console is
 * told so. All bytes are written or none.
 */
export function writeGuest(
  machine: Machine,
  process: Process,
  address: number,
  bytes: Uint8Array,
  { print, noticed }: WriteListener,
): Result<void, string> {
  const va = virtAddr(address);
  const mapped = machine.read(process, va, bytes.length).length;
  if (mapped < bytes.length) return err(`${toHex(address + mapped)} is not mapped in pid ${process.pid}.`);
  const events: MachineEvent[] = [];
  const { listener, stopOn } = machine;
  // What the debugger does itself is no reason to stop.
  machine.stopOn = undefined;
  machine.listener = (event) => events.push(event);
  const written = machine.write(process, va, bytes);
  machine.listener = listener;
  machine.stopOn = stopOn;
  if (!written.ok) return err(`${toHex(written.error.va)} cannot be written in pid ${process.pid}.`);
  for (const event of events) {
    noticed(event);
    if (event.kind === 'cow-break' && event.how === 'copied')
      print(
        `The write to ${toHex(address)} broke copy-on-write for pid ${process.pid}: ` +
          `frame ${toHex(event.before)} was copied to ${toHex(event.after)}.`,
      );
  }
  return ok();
}
