import { Errno, fail } from '../abi/errno.ts';
import { PollEvent } from '../abi/flags.ts';
import type { Clock } from '../clock.ts';
import { IntervalTimer, passingTime, type TimerSetting } from '../interval-timer.ts';
import { WaitQueue } from '../wait-queue.ts';
import { type FileAttributes, type InodeIdentity } from './inode.ts';
import { OpenFile, WOULD_WAIT } from './open-file.ts';

/** timerfd_create(2): reads give the number of expirations since the last. */
export class TimerFile extends OpenFile {
  readonly #changed = new WaitQueue();
  readonly #identity: InodeIdentity;
  readonly #timer: IntervalTimer;
  readonly #onClose: (file: TimerFile) => void;
  #expirations = 0;

  constructor(
    identity: InodeIdentity,
    clock: Clock,
    readonly clockId: number,
    flags: number,
    onClose: (file: TimerFile) => void,
  ) {
    super('anon_inode:[timerfd]', flags | 2);
    this.#identity = identity;
    this.#timer = new IntervalTimer(passingTime(clock));
    this.#onClose = onClose;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#changed];
  }

  override get waitReason(): string {
    return 'waits for a timer';
  }

  get setting(): TimerSetting {
    return this.#timer.setting;
  }

  set(setting: TimerSetting): void {
    this.#expirations = 0;
    this.#timer.set(setting);
    this.#changed.wakeAll();
  }

  /** When a thread that waits for it must be woken; 0 for never. */
  get deadline(): number {
    return this.#expirations === 0 && this.#changed.isAwaited ? this.#timer.at : 0;
  }

  /** When its timer next expires, whether a thread waits for it or not; 0 for never. */
  get expiresAt(): number {
    return this.#timer.at;
  }

  /** To be called at `deadline`. */
  expire(): void {
    this.#collect();
    this.#changed.wakeAll();
  }

  attributes(): FileAttributes {
    return { ...this.#identity, mode: 0o600, links: 1, rdev: 0, size: 0, modified: 0n };
  }

  override read(into: Uint8Array): number {
    if (into.length < 8) return fail(Errno.EINVAL);
    this.#collect();
    if (this.#expirations === 0) return WOULD_WAIT;
    new DataView(into.buffer, into.byteOffset).setBigUint64(0, BigInt(this.#expirations), true);
    this.#expirations = 0;
    return 8;
  }

  override poll(): number {
    this.#collect();
    return this.#expirations > 0 ? PollEvent.In | PollEvent.ReadNormal : 0;
  }

  protected override closed(): void {
    this.#onClose(this);
  }

  #collect(): void {
    this.#expirations += this.#timer.take();
  }
}
