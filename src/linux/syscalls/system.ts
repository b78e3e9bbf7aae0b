import { PAGE_SIZE } from '../../memory/address.ts';
import { Errno, fail } from '../abi/errno.ts';
import { systemInformation, utsname } from '../abi/structs.ts';
import { GROUP_ID, USER_ID, UTSNAME } from '../identity.ts';
import { COPY_CHUNK } from '../user-memory.ts';
import type { SyscallFamily } from './table.ts';

/** RISCV_HWPROBE_ keys (Documentation/arch/riscv/hwprobe.rst) and what this machine says to them. */
const HWPROBE: ReadonlyMap<bigint, bigint> = new Map([
  [0n, 0n],
  [1n, 0n],
  [2n, 0n],
  // BASE_BEHAVIOR: the IMA base. IMA_EXT_0: F and D, and C.
  [3n, 1n],
  [4n, 3n],
  // CPUPERF_0: misaligned accesses are fast.
  [5n, 3n],
]);
const ALL_KEYS = 0xffff_ffff_ffff_ffffn;

/** The machine and its limits. */
export const SYSTEM_SYSCALLS: SyscallFamily = {
  uname(call) {
    call.memory.write(call.word(0), utsname(UTSNAME));
    return 0;
  },

  sysinfo(call) {
    const { frames, clock, processes } = call.kernel;
    const uptime = Math.floor(clock.monotonic() / 1e9);
    const [total, free] = [frames.total * PAGE_SIZE, frames.available * PAGE_SIZE];
    call.memory.write(call.word(0), systemInformation(uptime, total, free, processes.size));
    return 0;
  },

  getrandom(call) {
    const length = Math.min(call.word(1), 0x1ff_ffff);
    if (call.uint(2) & ~7) fail(Errno.EINVAL);
    let done = 0;
    while (done < length) {
      const chunk = new Uint8Array(Math.min(COPY_CHUNK, length - done));
      call.kernel.random.fill(chunk);
      const stored = call.memory.writeSome(call.word(0) + done, chunk);
      done += stored;
      if (stored < chunk.length) return done > 0 ? done : fail(Errno.EFAULT);
    }
    return done;
  },

  getcpu(call) {
    for (const index of [0, 1]) if (call.word(index) !== 0) call.memory.writeU32(call.word(index), 0);
    return 0;
  },

  // A single hart: what it stored, it sees.
  riscv_flush_icache: () => 0,

  riscv_hwprobe(call) {
    const [pairs, count] = [call.word(0), call.word(1)];
    if (call.uint(4) !== 0 || count > 64) fail(Errno.EINVAL);
    for (let i = 0; i < count; i++) {
      const at = pairs + i * 16;
      const key = call.memory.readU64(at);
      const known = HWPROBE.get(key);
      call.memory.writeU64(at, known === undefined ? ALL_KEYS : key);
      call.memory.writeU64(at + 8, known ?? 0n);
    }
    return 0;
  },

  setfsuid: () => USER_ID,
  setfsgid: () => GROUP_ID,

  syncfs(call) {
    call.process.files.get(call.int(0));
    return 0;
  },

  // libc asks for these at start and does without.
  rseq: () => -Errno.ENOSYS,
  membarrier: () => -Errno.ENOSYS,
  landlock_create_ruleset: () => -Errno.EOPNOTSUPP,
};
