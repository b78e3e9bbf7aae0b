import { Errno, fail } from '../abi/errno.ts';
import { PollEvent } from '../abi/flags.ts';
import { UNBLOCKABLE } from '../abi/signal-number.ts';
import { readTimespec } from '../abi/structs.ts';
import type { OpenFile } from '../files/open-file.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import type { Suspension } from '../wait-queue.ts';
import type { SyscallFamily } from './table.ts';

const POLLFD_SIZE = 8;
const ALWAYS_REPORTED = PollEvent.Error | PollEvent.HangUp | PollEvent.Invalid;
/** FD_SETSIZE-like bound: no process can have more descriptors open. */
const MAX_DESCRIPTORS = 1024;

/** Waiting for several files. */
export const POLL_SYSCALLS: SyscallFamily = {
  ppoll(call) {
    const count = call.uint(1);
    if (count > MAX_DESCRIPTORS) fail(Errno.EINVAL);
    const deadline = deadlineOf(call, call.word(2));
    const table = call.memory.view(call.word(0), count * POLLFD_SIZE);
    setMask(call, call.word(3), call.word(4));
    const waited: OpenFile[] = [];
    let ready = 0;
    for (let at = 0; at < table.byteLength; at += POLLFD_SIZE) {
      const fd = table.getInt32(at, true);
      const file = fd < 0 ? undefined : call.process.files.find(fd);
      const wanted = table.getInt16(at + 4, true) | ALWAYS_REPORTED;
      const events = fd < 0 ? 0 : file ? file.poll() & wanted : PollEvent.Invalid;
      table.setInt16(at + 6, events, true);
      if (events !== 0) ready++;
      if (file) waited.push(file);
    }
    if (ready === 0 && !expired(call, deadline)) return suspension(waited, deadline);
    call.memory.write(call.word(0), new Uint8Array(table.buffer));
    return ready;
  },

  pselect6(call) {
    const count = call.int(0);
    if (count < 0) fail(Errno.EINVAL);
    const bits = Math.min(count, MAX_DESCRIPTORS);
    const size = Math.ceil(bits / 64) * 8;
    const deadline = deadlineOf(call, call.word(4));
    const maskAt = call.word(5);
    if (maskAt !== 0) setMask(call, call.memory.readWord(maskAt), call.memory.readWord(maskAt + 8));
    const events = [PollEvent.In | PollEvent.HangUp | PollEvent.Error, PollEvent.Out | PollEvent.Error, 0];
    const addresses = [call.word(1), call.word(2), call.word(3)];
    const sets = addresses.map((address) => (address === 0 ? new Uint8Array(size) : call.memory.read(address, size)));
    const results = sets.map(() => new Uint8Array(size));
    const waited = new Set<OpenFile>();
    let ready = 0;
    for (let fd = 0; fd < bits; fd++)
      for (const [which, set] of sets.entries()) {
        const bit = 1 << (fd & 7);
        if (!(set[fd >>> 3] & bit)) continue;
        const file = call.process.files.get(fd);
        waited.add(file);
        if (!(file.poll() & events[which])) continue;
        results[which][fd >>> 3] |= bit;
        ready++;
      }
    if (ready === 0 && !expired(call, deadline)) return suspension([...waited], deadline);
    for (const [which, address] of addresses.entries()) if (address !== 0) call.memory.write(address, results[which]);
    return ready;
  },
};

/** The time at which the call gives up: that of its first execution, if it was suspended. */
export function deadlineOf(call: Syscall, timeoutAt: number): number | undefined {
  if (call.resumed) return call.resumed.wait.deadline;
  if (timeoutAt === 0) return undefined;
  const timeout = readTimespec(call.memory.view(timeoutAt, 16)) ?? fail(Errno.EINVAL);
  return call.kernel.clock.monotonic() + Number(timeout);
}

export function expired({ kernel }: Syscall, deadline: number | undefined): boolean {
  return deadline !== undefined && kernel.clock.monotonic() >= deadline;
}

/** The signal mask while the call waits; the kernel restores the old one when it ends. */
export function setMask({ thread, memory, resumed }: Syscall, address: number, size: number): void {
  if (address === 0 || resumed) return;
  if (size !== 8) fail(Errno.EINVAL);
  const mask = memory.readU64(address) & ~UNBLOCKABLE;
  thread.savedMask = thread.mask;
  thread.mask = mask;
}

function suspension(files: readonly OpenFile[], deadline: number | undefined): Outcome & Suspension {
  const reason =
    files.length === 0
      ? deadline === undefined
        ? 'waits for a signal'
        : 'sleeps'
      : `polls ${files.map((file) => file.name).join(', ')}`;
  return {
    wait: { reason, deadline, forInput: files.some((file) => file.isInput) },
    queues: files.flatMap((file) => file.queues),
    onSignal: 'interrupt',
  };
}
