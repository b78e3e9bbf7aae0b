import { FrameMiscount } from '../memory/frames.ts';

/** A platform cannot go on, or only by corrupting the guest: a stop of the debugger, never the guest's fault. */
export class PlatformFailure extends Error {
  /** What kind of failure it is, for a person. */
  readonly title: string = 'Platform failure';
}

/** What was thrown, as the failure of the platform that it is; `undefined` where it is none. */
export function asPlatformFailure(thrown: unknown): PlatformFailure | undefined {
  if (thrown instanceof PlatformFailure) return thrown;
  if (thrown instanceof FrameMiscount)
    return new PlatformFailure(`${thrown.message} (the check of invariants finds where the count went wrong)`);
  return undefined;
}
