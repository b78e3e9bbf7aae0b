import { Errno, fail } from '../abi/errno.ts';
import { Signal } from '../abi/signal-number.ts';
import type { Syscall } from '../syscall.ts';
import { DEFAULT_TIMER_SLACK } from '../thread.ts';
import { decodeText, encodeText } from '../user-memory.ts';
import type { SyscallFamily } from './table.ts';

const enum Prctl {
  SetParentDeathSignal = 1,
  GetParentDeathSignal = 2,
  GetDumpable = 3,
  SetDumpable = 4,
  GetKeepCapabilities = 7,
  SetKeepCapabilities = 8,
  SetName = 15,
  GetName = 16,
  GetSeccomp = 21,
  ReadBounding = 23,
  DropBounding = 24,
  GetSecureBits = 27,
  SetTimerSlack = 29,
  GetTimerSlack = 30,
  SetSubreaper = 36,
  GetSubreaper = 37,
  SetNoNewPrivileges = 38,
  GetNoNewPrivileges = 39,
  GetTidAddress = 40,
  SetTransparentHugePages = 41,
  GetTransparentHugePages = 42,
}

/** TASK_COMM_LEN. */
const COMM_SIZE = 16;
const LAST_CAPABILITY = 40;
/** personality(2): ask without changing; what a process of another system would want. */
const ASK = 0xffff_ffff;
/** _LINUX_CAPABILITY_VERSION_1 to 3, and how many words of each kind they have. */
const CAPABILITY_WORDS: ReadonlyMap<number, number> = new Map([
  [0x1998_0330, 1],
  [0x2007_1026, 2],
  [0x2008_0522, 2],
]);
const CAPABILITY_VERSION = 0x2008_0522;

/** Attributes of processes that have no call of their own. */
export const PRCTL_SYSCALLS: SyscallFamily = {
  prctl(call) {
    const { thread, process, memory } = call;
    const [first, rest] = [call.word(1), [2, 3, 4].map((index) => call.word(index))];
    const onlyFirst = (): void => void (rest.some((word) => word !== 0) && fail(Errno.EINVAL));
    switch (call.int(0) as Prctl) {
      case Prctl.SetName: {
        const name = memory.readStringBytes(first, 4096, Errno.EINVAL);
        thread.comm = decodeText(name.subarray(0, COMM_SIZE - 1));
        return 0;
      }
      case Prctl.GetName: {
        const name = new Uint8Array(COMM_SIZE);
        name.set(encodeText(thread.comm).subarray(0, COMM_SIZE - 1));
        memory.write(first, name);
        return 0;
      }
      case Prctl.SetParentDeathSignal:
        if (first > (Signal.Last as number)) return fail(Errno.EINVAL);
        process.parentDeathSignal = first;
        return 0;
      case Prctl.GetParentDeathSignal:
        memory.writeU32(first, process.parentDeathSignal);
        return 0;
      case Prctl.GetDumpable:
        return process.isDumpable ? 1 : 0;
      case Prctl.SetDumpable:
        if (first > 1) return fail(Errno.EINVAL);
        process.isDumpable = first === 1;
        return 0;
      case Prctl.SetSubreaper:
        process.isSubreaper = first !== 0;
        return 0;
      case Prctl.GetSubreaper:
        memory.writeU32(first, process.isSubreaper ? 1 : 0);
        return 0;
      case Prctl.SetNoNewPrivileges:
        onlyFirst();
        if (first !== 1) return fail(Errno.EINVAL);
        thread.noNewPrivileges = true;
        return 0;
      case Prctl.GetNoNewPrivileges:
        onlyFirst();
        return first === 0 ? Number(thread.noNewPrivileges) : fail(Errno.EINVAL);
      case Prctl.SetTimerSlack:
        thread.timerSlack = first === 0 ? DEFAULT_TIMER_SLACK : first;
        return 0;
      case Prctl.GetTimerSlack:
        return thread.timerSlack;
      case Prctl.GetTidAddress:
        memory.writeU64(first, thread.clearChildTid);
        return 0;
      case Prctl.ReadBounding:
        return first <= LAST_CAPABILITY ? 1 : fail(Errno.EINVAL);
      case Prctl.DropBounding:
        return fail(first <= LAST_CAPABILITY ? Errno.EPERM : Errno.EINVAL);
      // No capabilities, no filters, no huge pages.
      case Prctl.GetKeepCapabilities:
      case Prctl.GetSeccomp:
      case Prctl.GetSecureBits:
        return 0;
      case Prctl.SetKeepCapabilities:
        return first <= 1 ? 0 : fail(Errno.EINVAL);
      case Prctl.SetTransparentHugePages:
      case Prctl.GetTransparentHugePages:
        return 0;
      default:
        return fail(Errno.EINVAL);
    }
  },

  personality(call) {
    const { process } = call;
    const [before, wanted] = [process.personality, call.uint(0)];
    if (wanted !== ASK) process.personality = wanted;
    return before;
  },

  capget(call) {
    const words = capabilityWords(call, call.word(0));
    const target = call.memory.readU32(call.word(0) + 4) | 0;
    if (call.word(1) === 0) return 0;
    if (target < 0) return fail(Errno.EINVAL);
    if (target !== 0 && !call.kernel.lifeCycle.thread(target)) return fail(Errno.ESRCH);
    call.memory.write(call.word(1), new Uint8Array(words * 12));
    return 0;
  },

  capset(call) {
    const words = capabilityWords(call, call.word(0));
    const target = call.memory.readU32(call.word(0) + 4);
    if (target !== 0 && target !== call.thread.tid) return fail(Errno.EPERM);
    const given = call.memory.read(call.word(1), words * 12);
    return given.some((byte) => byte !== 0) ? fail(Errno.EPERM) : 0;
  },
};

/** Words of each kind in the version that a header asks for; for an unknown one, the newest is written there. */
function capabilityWords({ memory }: Syscall, header: number): number {
  const words = CAPABILITY_WORDS.get(memory.readU32(header));
  if (words !== undefined) return words;
  memory.writeU32(header, CAPABILITY_VERSION);
  return fail(Errno.EINVAL);
}
