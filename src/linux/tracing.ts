import { virtAddr } from '../memory/address.ts';
import type { Kernel } from './kernel.ts';
import type { ThreadGroup } from './thread-group.ts';

/**
 * Whether a process may look into another (ptrace(2), "Ptrace access mode checking"). There is one user: only who has
 * asked not to be looked at (PR_SET_DUMPABLE) is not, but for whoever has the same memory.
 */
export function mayTrace({ provider }: Kernel, tracer: ThreadGroup, target: ThreadGroup): boolean {
  if (tracer === target || target.isDumpable) return true;
  const start = virtAddr(0);
  if (!tracer.space || !target.space) return false;
  return provider.memoryIdentity(tracer.space, start) === provider.memoryIdentity(target.space, start);
}
