import { Errno } from '../abi/errno.ts';
import type { SyscallFamily } from './table.ts';

/** For calls that an ordinary user may not make, whatever the arguments. */
const refuse = (): number => -Errno.EPERM;

/** What only a superuser may do. */
export const PRIVILEGED_SYSCALLS: SyscallFamily = {
  acct: refuse,
  chroot: refuse,
  clock_settime: refuse,
  delete_module: refuse,
  finit_module: refuse,
  init_module: refuse,
  mount: refuse,
  pivot_root: refuse,
  reboot: refuse,
  setdomainname: refuse,
  setgroups: refuse,
  sethostname: refuse,
  settimeofday: refuse,
  setns: refuse,
  swapoff: refuse,
  swapon: refuse,
  syslog: refuse,
  umount2: refuse,
  vhangup: refuse,
};
