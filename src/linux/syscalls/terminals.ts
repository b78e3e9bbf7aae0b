import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import type { OpenFile } from '../files/open-file.ts';
import type { Outcome, Syscall } from '../syscall.ts';
import { CHANGES, type Terminal, TerminalRequest } from '../terminals/terminal.ts';
import { OpenMaster, OpenSlave } from '../terminals/terminal-ends.ts';
import { untilForeground } from './transfer.ts';

/** Requests of ioctl_tty(2) that are about who uses a terminal. @returns `undefined` for those that the file serves. */
export function terminalRequest(call: Syscall, file: OpenFile, request: number): Outcome | undefined {
  const { terminal } = file;
  if (!terminal) return undefined;
  if (file instanceof OpenSlave && file.terminal.isHungUp)
    return fail(request === (TerminalRequest.SetProcessGroup as number) ? Errno.ENOTTY : Errno.EIO);
  const { process, memory, kernel } = call;
  if (CHANGES.includes(request) && kernel.jobs.stopsBackground(terminal, 'write')) return untilForeground();
  const address = call.word(2);
  // A master tells of the terminal, whoever asks.
  const isForeign = file.isTerminal && process.terminal !== terminal;
  switch (request as TerminalRequest) {
    case TerminalRequest.GetProcessGroup:
      if (isForeign) return fail(Errno.ENOTTY);
      memory.writeU32(address, terminal.foreground);
      return 0;
    case TerminalRequest.SetProcessGroup:
      return setForeground(call, terminal, address);
    case TerminalRequest.GetSession:
      if (isForeign || terminal.session === 0) return fail(Errno.ENOTTY);
      memory.writeU32(address, terminal.session);
      return 0;
    case TerminalRequest.SetControlling:
      return kernel.jobs.take(process, terminal, file.isReadable);
    case TerminalRequest.GiveUpControlling:
      if (!file.isTerminal || isForeign) return fail(Errno.ENOTTY);
      kernel.jobs.leave(process, 'alive');
      return 0;
    case TerminalRequest.OpenPeer:
      return file instanceof OpenMaster ? openPeer(call, file) : fail(Errno.EIO);
    default:
      return undefined;
  }
}

/** The descriptor of a file that was opened. A session without a terminal gets it if it is one, unless O_NOCTTY is given. */
export function addOpened({ kernel, process }: Syscall, file: OpenFile, flags: number): number {
  const fd = process.addFile(file, (flags & Open.CloseOnExec) !== 0);
  if (file instanceof OpenSlave && !(flags & Open.NoControllingTty) && file.isReadable)
    kernel.jobs.adopt(process, file.terminal);
  return fd;
}

/** tcsetpgrp(3). */
function setForeground({ process, memory, kernel }: Syscall, terminal: Terminal, address: number): number {
  if (process.terminal !== terminal || terminal.session !== process.session) return fail(Errno.ENOTTY);
  const group = memory.readU32(address) | 0;
  if (group < 0) return fail(Errno.EINVAL);
  const member = [...kernel.processes.values()].find(({ processGroup }) => processGroup === group);
  if (!member) return fail(Errno.ESRCH);
  if (member.session !== process.session) return fail(Errno.EPERM);
  terminal.foreground = group;
  return 0;
}

function openPeer(call: Syscall, master: OpenMaster): number {
  const flags = call.uint(2);
  const kept = Open.AccessMode | Open.NonBlock | Open.Append;
  return addOpened(call, call.kernel.terminals.openPeer(master.terminal, flags & kept), flags);
}
