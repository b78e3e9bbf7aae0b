/** A platform cannot go on, or only by corrupting the guest: a stop of the debugger, never the guest's fault. */
export class PlatformFailure extends Error {
  /** What kind of failure it is, for a person. */
  readonly title: string = 'Platform failure';
}
