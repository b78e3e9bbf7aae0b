import { Errno, fail } from '../abi/errno.ts';
import { At, Clone, NEW_NAMESPACES, Open } from '../abi/flags.ts';
import { OpenDirectory } from '../files/directory.ts';
import { ProcessFile } from '../files/process-file.ts';
import type { CloneRequest } from '../life-cycle.ts';
import { argumentLimit, MAX_ARGUMENT, openProgram } from '../program.ts';
import { Resource } from '../resource-limits.ts';
import { NO_RETURN, type Outcome, type Syscall } from '../syscall.ts';
import { encodeText, type UserMemory } from '../user-memory.ts';
import type { SyscallFamily } from './table.ts';

/** struct clone_args: the first version, and the largest that is looked at. */
const CLONE_ARGS_SIZE = 64;
const CLONE_ARGS_MAX = 4096;

/** CLONE_CLEAR_SIGHAND, in the upper half of clone3's flags. */
const CLEAR_SIGHAND = 1;

/** What unshare(2) may take back. */
const SHARED_BY_CLONE = Clone.Files | Clone.Fs | Clone.SysvSem | Clone.Thread | Clone.Sighand | Clone.Vm;

/** Fork, clone, exec, exit. */
export const PROCESS_SYSCALLS: SyscallFamily = {
  clone(call) {
    const flags = call.uint(0);
    if (flags & Clone.Pidfd && flags & Clone.ParentSetTid) fail(Errno.EINVAL);
    return clone(call, {
      flags: flags & ~Clone.ExitSignal,
      clearsHandlers: false,
      exitSignal: flags & Clone.ExitSignal,
      stack: call.word(1),
      parentTid: call.word(2),
      tls: call.word(3),
      childTid: call.word(4),
      // A pidfd goes where the tid would (clone(2)).
      pidfd: call.word(2),
    });
  },

  clone3(call) {
    const size = call.word(1);
    if (size < CLONE_ARGS_SIZE) fail(Errno.EINVAL);
    if (size > CLONE_ARGS_MAX) fail(Errno.E2BIG);
    const args = call.memory.view(call.word(0), size);
    const field = (index: number): number => Number(args.getBigUint64(index * 8, true));
    for (let at = CLONE_ARGS_SIZE; at + 8 <= size; at += 8)
      if (args.getBigUint64(at, true) !== 0n) fail(at < 88 ? Errno.EINVAL : Errno.E2BIG);
    const flags = Number(BigInt.asUintN(32, args.getBigUint64(0, true)));
    const high = args.getUint32(4, true);
    if (high & ~CLEAR_SIGHAND || flags & (Clone.ExitSignal | Clone.Detached) || field(4) > 64) fail(Errno.EINVAL);
    if (high & CLEAR_SIGHAND && flags & Clone.Sighand) fail(Errno.EINVAL);
    const [stack, stackSize] = [field(5), field(6)];
    if ((stack === 0) !== (stackSize === 0)) fail(Errno.EINVAL);
    return clone(call, {
      flags,
      clearsHandlers: (high & CLEAR_SIGHAND) !== 0,
      exitSignal: field(4),
      stack: stack + stackSize,
      parentTid: field(3),
      tls: field(7),
      childTid: field(2),
      pidfd: field(1),
    });
  },

  execve: (call) => execute(call, call.memory.readPath(call.word(0)), 1),

  execveat(call) {
    const path = call.memory.readPath(call.word(1));
    const flags = call.int(4);
    const dirfd = call.int(0);
    if (flags & ~(At.EmptyPath | At.SymlinkNoFollow)) fail(Errno.EINVAL);
    if (path === '' && flags & At.EmptyPath)
      return execute(call, `/dev/fd/${dirfd}`, 2, call.process.files.isCloseOnExec(dirfd));
    if (path.startsWith('/') || dirfd === (At.CurrentDirectory as number)) return execute(call, path, 2);
    const file = call.process.files.get(dirfd);
    if (!(file instanceof OpenDirectory)) return fail(Errno.ENOTDIR);
    return execute(call, `${file.directory.path}/${path}`, 2);
  },

  exit(call) {
    call.kernel.lifeCycle.exitThread(call.int(0) & 0xff);
    return NO_RETURN;
  },

  exit_group(call) {
    call.kernel.lifeCycle.endProcess(call.process, { kind: 'exited', code: call.int(0) & 0xff });
    return NO_RETURN;
  },

  pidfd_open(call) {
    const flags = call.uint(1);
    if (flags & ~Open.NonBlock || call.int(0) <= 0) fail(Errno.EINVAL);
    const { kernel, process } = call;
    const target = kernel.processes.get(call.int(0)) ?? fail(Errno.ESRCH);
    const file = new ProcessFile(kernel.files.numbers.next(), target, flags);
    return process.addFile(file, true);
  },

  pidfd_getfd(call) {
    const { process } = call;
    const file = process.files.get(call.int(0));
    if (call.uint(2) !== 0) return fail(Errno.EINVAL);
    if (!(file instanceof ProcessFile)) return fail(Errno.EBADF);
    if (file.process.state !== 'running') return fail(Errno.ESRCH);
    const found = file.process.files.get(call.int(1));
    found.retain();
    return process.addFile(found, true);
  },

  unshare(call) {
    const flags = call.uint(0);
    const { process } = call;
    if (flags & ~(NEW_NAMESPACES | SHARED_BY_CLONE)) fail(Errno.EINVAL);
    if (flags & NEW_NAMESPACES) fail(Errno.EPERM);
    if (flags & (Clone.Thread | Clone.Sighand | Clone.Vm) && process.liveTasks().length > 1) fail(Errno.EINVAL);
    if (flags & Clone.Files) process.files = process.files.unshare();
    if (flags & Clone.Fs) process.fileSystem = { ...process.fileSystem };
    return 0;
  },

  set_tid_address(call) {
    call.thread.clearChildTid = call.word(0);
    return call.thread.tid;
  },
};

function clone(call: Syscall, request: CloneRequest): Outcome {
  const { kernel, process, memory } = call;
  if (request.flags & NEW_NAMESPACES) fail(Errno.EPERM);
  if (!(request.flags & Clone.Pidfd)) return kernel.lifeCycle.clone(request).tid;
  if (request.flags & Clone.Thread) fail(Errno.EINVAL);
  // What can fail comes first: a child that exists cannot be taken back.
  memory.writeU32(request.pidfd, memory.readU32(request.pidfd));
  if (process.files.lowestFree() >= process.limits.openFiles) fail(Errno.EMFILE);
  const child = kernel.lifeCycle.clone(request);
  const fd = process.addFile(new ProcessFile(kernel.files.numbers.next(), child.process, 0), true);
  memory.tryWriteU32(request.pidfd, fd);
  return child.tid;
}

/**
 * @param first index of the argument that holds argv; envp follows it.
 * @param vanishes whether the path is gone after the exec.
 */
function execute(call: Syscall, path: string, first: number, vanishes = false): Outcome {
  const { kernel, memory } = call;
  const budget = { left: argumentLimit(call.process.limits.bytes(Resource.Stack)) };
  const argv = readStrings(memory, call.word(first), budget);
  const env = readStrings(memory, call.word(first + 1), budget);
  // Linux gives a program without arguments an empty argv[0], so that argc is never 0.
  if (argv.length === 0) argv.push(encodeText(''));
  const addressEnd = Number.MAX_SAFE_INTEGER;
  const { directory } = call.process.fileSystem;
  const request = { path, directory, argv, env, mustBeExecutable: true, addressEnd, vanishes };
  const opened = openProgram(kernel.files, request);
  if (!opened.ok) return fail(opened.error.errno);
  const executed = kernel.lifeCycle.exec(opened.value);
  if (!executed.ok) return fail(executed.error.errno);
  return NO_RETURN;
}

/** A NULL-terminated array of strings; a null pointer is an empty one, as Linux has it. */
function readStrings(memory: UserMemory, address: number, budget: { left: number }): Uint8Array[] {
  const strings: Uint8Array[] = [];
  if (address === 0) return strings;
  for (let at = address; ; at += 8) {
    const pointer = memory.readWord(at);
    if (pointer === 0) return strings;
    const text = memory.readStringBytes(pointer, Math.min(MAX_ARGUMENT, budget.left), Errno.E2BIG);
    budget.left -= text.length + 1 + 8;
    if (budget.left <= 0) fail(Errno.E2BIG);
    strings.push(text);
  }
}
