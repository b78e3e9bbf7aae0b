import type { ProviderParts } from '../paged-provider.ts';
import type { AddressSpaceProvider } from '../provider.ts';
import { CopyoutThroughCow } from './copyout-through-cow.ts';
import { EightBitRefcount } from './eight-bit-refcount.ts';
import { FailedForkLeaks } from './failed-fork-leaks.ts';
import { HandlerOnSharedStack } from './handler-on-shared-stack.ts';
import { MprotectForgetsCow } from './mprotect-forgets-cow.ts';
import { PinnedPageGoesWithChild } from './pinned-page-goes-with-child.ts';
import { PresentBitNeverSet } from './present-bit-never-set.ts';
import { ReforkLosesCow } from './refork-loses-cow.ts';
import { RemapCopiesWholeRange } from './remap-copies-whole-range.ts';
import { RollsBackSharedMemory } from './rolls-back-shared-memory.ts';
import { SlotLeaksOnExit } from './slot-leaks-on-exit.ts';

/** Platforms with one known bug of real systems each, to see the debugger find it (docs/gallery.md). */
export const FAULTY_PLATFORMS: Readonly<Record<string, new (parts: ProviderParts) => AddressSpaceProvider>> = {
  'faulty/handler-on-shared-stack': HandlerOnSharedStack,
  'faulty/rolls-back-shared-memory': RollsBackSharedMemory,
  'faulty/present-bit-never-set': PresentBitNeverSet,
  'faulty/mprotect-forgets-cow': MprotectForgetsCow,
  'faulty/remap-copies-whole-range': RemapCopiesWholeRange,
  'faulty/eight-bit-refcount': EightBitRefcount,
  'faulty/failed-fork-leaks': FailedForkLeaks,
  'faulty/slot-leaks-on-exit': SlotLeaksOnExit,
  'faulty/refork-loses-cow': ReforkLosesCow,
  'faulty/copyout-through-cow': CopyoutThroughCow,
  'faulty/pinned-page-goes-with-child': PinnedPageGoesWithChild,
};
