/** RLIM_INFINITY. */
const UNLIMITED = 0xffff_ffff_ffff_ffffn;

export const enum Resource {
  Cpu,
  FileSize,
  Data,
  Stack,
  Core,
  ResidentSet,
  Processes,
  OpenFiles,
  LockedMemory,
  AddressSpace,
  Locks,
  PendingSignals,
  MessageQueue,
  Nice,
  RealtimePriority,
  RealtimeTime,
  Count,
}

interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

const STACK_SIZE = 8 * 1024 * 1024;
const LOCKED_MEMORY = 8n * 1024n * 1024n;
const MESSAGE_BYTES = 819_200n;
const MAX_OPEN_FILES = 1024;
/** Processes and threads of a machine; fork fails with EAGAIN beyond. */
export const MAX_TASKS = 4096;

/** getrlimit(2) values of a process; kept and shown, and enforced for open files. */
export class ResourceLimits {
  readonly #limits: ResourceLimit[];

  constructor(limits?: readonly ResourceLimit[]) {
    this.#limits = limits
      ? [...limits]
      : Array.from({ length: Resource.Count }, () => ({ soft: UNLIMITED, hard: UNLIMITED }));
    if (limits) return;
    this.#limits[Resource.Stack] = { soft: BigInt(STACK_SIZE), hard: UNLIMITED };
    this.#limits[Resource.Core] = { soft: 0n, hard: UNLIMITED };
    this.#limits[Resource.OpenFiles] = { soft: BigInt(MAX_OPEN_FILES), hard: BigInt(MAX_OPEN_FILES) };
    this.#limits[Resource.LockedMemory] = { soft: LOCKED_MEMORY, hard: LOCKED_MEMORY };
    this.#limits[Resource.MessageQueue] = { soft: MESSAGE_BYTES, hard: MESSAGE_BYTES };
    this.#limits[Resource.Nice] = { soft: 0n, hard: 0n };
    this.#limits[Resource.RealtimePriority] = { soft: 0n, hard: 0n };
    this.#limits[Resource.Processes] = { soft: BigInt(MAX_TASKS), hard: BigInt(MAX_TASKS) };
  }

  get(resource: number): ResourceLimit | undefined {
    return this.#limits[resource];
  }

  /** The soft limit of something that is counted in bytes; `Infinity` for none. */
  bytes(resource: Resource): number {
    const { soft } = this.#limits[resource];
    return soft === UNLIMITED ? Infinity : Number(soft);
  }

  /** As `bytes`, of the hard limit; of RLIMIT_CPU, both are seconds. */
  hardBytes(resource: Resource): number {
    const { hard } = this.#limits[resource];
    return hard === UNLIMITED ? Infinity : Number(hard);
  }

  set(resource: number, limit: ResourceLimit): void {
    this.#limits[resource] = limit;
  }

  get openFiles(): number {
    const { soft } = this.#limits[Resource.OpenFiles];
    return soft > BigInt(MAX_OPEN_FILES) ? MAX_OPEN_FILES : Number(soft);
  }

  copy(): ResourceLimits {
    return new ResourceLimits(this.#limits);
  }
}
