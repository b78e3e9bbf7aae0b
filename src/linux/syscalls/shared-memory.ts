import { PAGE_SIZE, virtAddr } from '../../memory/address.ts';
import { Pte } from '../../memory/pte.ts';
import { Errno, fail } from '../abi/errno.ts';
import { IPC_PERMISSIONS_SIZE, IpcCommand, modeOf, putPermissions } from '../ipc/ipc-objects.ts';
import type { SharedSegment } from '../ipc/shared-segments.ts';
import type { Syscall } from '../syscall.ts';
import type { SyscallFamily } from './table.ts';

const SHM_DEST = 0o1000;
const MAX_SIZE = 2 ** 40;

const enum Attach {
  ReadOnly = 0o10000,
  Round = 0o20000,
  Remap = 0o40000,
  Execute = 0o100000,
}

/** struct shmid64_ds of riscv64. */
const STAT_SIZE = 112;

/** System V shared memory. */
export const SHARED_MEMORY_SYSCALLS: SyscallFamily = {
  shmget(call) {
    const [key, size, flags] = [call.int(0), call.word(1), call.int(2)];
    const { segments } = call.kernel;
    return segments.open(
      key,
      flags,
      (existing) => void (size > existing.size && fail(Errno.EINVAL)),
      (id, mode) => {
        if (size === 0) return fail(Errno.EINVAL);
        if (size > MAX_SIZE) return fail(Errno.ENOMEM);
        return segments.create(id, key, size, mode, call.process.pid);
      },
    );
  },

  shmat(call) {
    const segment = segmentAt(call);
    const flags = call.int(2);
    let at = call.word(1);
    if (at % PAGE_SIZE !== 0) {
      if (!(flags & Attach.Round)) return fail(Errno.EINVAL);
      at -= at % PAGE_SIZE;
    }
    if (at === 0 && flags & Attach.Remap) return fail(Errno.EINVAL);
    const { object, size } = segment;
    const start = virtAddr(at);
    const kind = flags & Attach.Remap ? 'replace' : 'if-free';
    const permissions = Pte.R | (flags & Attach.ReadOnly ? 0 : Pte.W) | (flags & Attach.Execute ? Pte.X : 0);
    const mapped = call.memory.with((access) =>
      access.map({
        placement: at === 0 ? { kind: 'anywhere' } : { kind, start },
        length: size,
        permissions,
        ...(flags & Attach.ReadOnly ? { maximum: Pte.R | Pte.X } : {}),
        sharing: 'shared',
        object,
        offset: 0,
        name: object.name,
      }),
    );
    if (!mapped.ok) return fail(mapped.error === 'exists' ? Errno.EINVAL : Errno.ENOMEM);
    segment.attachedAt = call.kernel.clock.seconds();
    segment.lastPid = call.process.pid;
    return mapped.value;
  },

  shmdt(call) {
    const at = call.word(0);
    const { segments } = call.kernel;
    const detached = call.memory.with((access) => {
      const first = access.mappings().find((mapping) => mapping.start === at && mapping.offset === 0);
      const object = first?.object;
      if (!object?.name.startsWith('/SYSV')) return fail(Errno.EINVAL);
      for (const mapping of access.mappings())
        if (mapping.object === object && mapping.start >= at && mapping.start - mapping.offset === at)
          access.unmap({ start: mapping.start, end: mapping.end });
      return object;
    });
    const segment = segments.withObject(detached);
    if (segment) {
      segment.detachedAt = call.kernel.clock.seconds();
      segment.lastPid = call.process.pid;
    }
    return 0;
  },

  shmctl(call) {
    const segment = segmentAt(call);
    const { segments } = call.kernel;
    switch (call.int(1) as IpcCommand) {
      case IpcCommand.Remove:
        segments.remove(segment);
        return 0;
      case IpcCommand.Set:
        segment.mode = modeOf(call.memory.view(call.word(2), STAT_SIZE));
        segment.changedAt = call.kernel.clock.seconds();
        return 0;
      case IpcCommand.Stat:
        call.memory.write(call.word(2), statistics(segment));
        return 0;
      default:
        return fail(Errno.EINVAL);
    }
  },
};

function segmentAt(call: Syscall): SharedSegment {
  return call.kernel.segments.get(call.int(0)) ?? fail(Errno.EINVAL);
}

function statistics(segment: SharedSegment): Uint8Array {
  const view = new DataView(new ArrayBuffer(STAT_SIZE));
  putPermissions(view, segment, segment.mode | (segment.removed ? SHM_DEST : 0));
  const longs = [segment.size, segment.attachedAt, segment.detachedAt, segment.changedAt];
  longs.forEach((long, i) => view.setBigUint64(IPC_PERMISSIONS_SIZE + i * 8, BigInt(long), true));
  view.setInt32(80, segment.creator, true);
  view.setInt32(84, segment.lastPid, true);
  view.setBigUint64(88, BigInt(segment.attached), true);
  return new Uint8Array(view.buffer);
}
