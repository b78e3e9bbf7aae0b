import { Errno, fail } from '../abi/errno.ts';
import { Open } from '../abi/flags.ts';
import { FaultFile } from '../files/fault-file.ts';
import type { SyscallFamily } from './table.ts';

const USER_MODE_ONLY = 1;

/** Page faults that a program handles itself. */
export const USER_FAULT_SYSCALLS: SyscallFamily = {
  userfaultfd(call) {
    const flags = call.uint(0);
    // As an ordinary user: faults inside a system call stay EFAULT (vm.unprivileged_userfaultfd is 0).
    if (!(flags & USER_MODE_ONLY)) fail(Errno.EPERM);
    if (flags & ~(USER_MODE_ONLY | Open.CloseOnExec | Open.NonBlock)) fail(Errno.EINVAL);
    const { kernel, process } = call;
    const file = new FaultFile(kernel, process, flags & Open.NonBlock);
    return process.addFile(file, (flags & Open.CloseOnExec) !== 0);
  },
};
