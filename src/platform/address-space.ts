import { PlatformFailure } from './platform-failure.ts';

/** Makes what remembers where something happened to a handle. */
export type HandleTrace = (what: string) => Error;

export const TRACED: HandleTrace = (what) => new Error(what);

/** A stack takes as long as many a fork: a run that nobody looks into goes without. */
export const UNTRACED: HandleTrace = () => NOT_TRACED;

const NOT_TRACED = new Error('somewhere: this run does not trace its handles');

/**
 * A live address space: a linear handle. It is borrowed by every operation and consumed by `destroy` alone; what it
 * stands for is known only to the provider that made it.
 *
 * `using space = …` (or `Symbol.dispose`) destroys a handle that is still live, so that a failing caller leaks nothing.
 */
export abstract class AddressSpace implements Disposable {
  readonly #dispose: (space: AddressSpace) => void;
  readonly #trace: HandleTrace;
  readonly #createdAt: Error;
  #consumedAt: Error | undefined;

  /** @param dispose destroys the space in its provider; called at most once. */
  protected constructor(dispose: (space: AddressSpace) => void, trace: HandleTrace) {
    this.#dispose = dispose;
    this.#trace = trace;
    this.#createdAt = trace('created here');
  }

  get isLive(): boolean {
    return this.#consumedAt === undefined;
  }

  /** Where it was made, and where it was consumed, if it was: the stacks, for a person. */
  get history(): { readonly createdAt: Error; readonly consumedAt: Error | undefined } {
    return { createdAt: this.#createdAt, consumedAt: this.#consumedAt };
  }

  /** Throws `HandleConsumed`, which names where the handle was consumed, if it was. */
  assertLive(): void {
    if (this.#consumedAt) throw new HandleConsumed(this.#consumedAt);
  }

  /** For the provider: marks the handle as consumed here. */
  consume(): void {
    this.assertLive();
    this.#consumedAt = this.#trace('consumed here');
  }

  [Symbol.dispose](): void {
    if (this.isLive) this.#dispose(this);
  }
}

/** A handle was used after `destroy`, or given to a provider that did not make it. */
export class HandleConsumed extends Error {
  constructor(consumedAt: Error | undefined) {
    super(
      consumedAt ? 'this address space was destroyed' : 'this address space belongs to another provider',
      consumedAt ? { cause: consumedAt } : undefined,
    );
    this.name = 'HandleConsumed';
  }
}

/** Our own code has a hole here: never a `NotSupported`, always a stop of the debugger that names platform and method. */
export class UnimplementedError extends PlatformFailure {
  override readonly title = 'Unimplemented';

  constructor(
    readonly platform: string,
    readonly method: string,
  ) {
    super(`${platform} does not implement ${method}`);
    this.name = 'UnimplementedError';
  }
}
