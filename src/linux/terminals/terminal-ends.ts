import { Errno, fail } from '../abi/errno.ts';
import { Open, PollEvent } from '../abi/flags.ts';
import type { FileAttributes } from '../files/inode.ts';
import { OpenFile, WOULD_WAIT } from '../files/open-file.ts';
import type { UserMemory } from '../user-memory.ts';
import type { WaitQueue } from '../wait-queue.ts';
import type { Haste } from './line-discipline.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';
import { TerminalRequest } from './terminal.ts';

/** The unit of VTIME, in nanoseconds. */
const TENTH = 1e8;

/** The master: what /dev/ptmx opens. */
export class OpenMaster extends OpenFile {
  constructor(
    flags: number,
    readonly pair: PseudoTerminal,
    readonly device: () => FileAttributes,
    readonly whenGone: () => void,
  ) {
    super('/dev/ptmx', flags);
  }

  override get terminal(): PseudoTerminal {
    return this.pair;
  }

  attributes(): FileAttributes {
    return this.device();
  }

  override get waitReason(): string {
    return `waits for what ${this.terminal.path} prints`;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.terminal.masterWaiters];
  }

  get #isAlone(): boolean {
    return this.terminal.slaves === 0 && this.terminal.wasOpened;
  }

  override read(into: Uint8Array): number {
    return this.terminal.takeOutput(into) ?? (this.#isAlone ? fail(Errno.EIO) : WOULD_WAIT);
  }

  override write(bytes: Uint8Array): number {
    return this.terminal.type(bytes) || (bytes.length > 0 ? WOULD_WAIT : 0);
  }

  override poll(): number {
    const { hasOutput, hasPacketStatus, discipline } = this.terminal;
    return (
      (hasOutput || hasPacketStatus ? PollEvent.In | PollEvent.ReadNormal : 0) |
      (hasPacketStatus ? PollEvent.Priority : 0) |
      (this.#isAlone ? PollEvent.HangUp : 0) |
      (discipline.hasRoomToType ? PollEvent.Out | PollEvent.WriteNormal : 0)
    );
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    const { terminal } = this;
    switch (request as TerminalRequest) {
      case TerminalRequest.GetNumber:
        memory.writeU32(address, terminal.number);
        return 0;
      case TerminalRequest.SetLock:
        terminal.isLocked = memory.readU32(address) !== 0;
        return 0;
      case TerminalRequest.GetLock:
        memory.writeU32(address, Number(terminal.isLocked));
        return 0;
      case TerminalRequest.SetPacketMode:
        terminal.setPacketMode(memory.readU32(address) !== 0);
        return 0;
      case TerminalRequest.GetPacketMode:
        memory.writeU32(address, Number(terminal.isPacketMode));
        return 0;
      case TerminalRequest.BytesAvailable:
        memory.writeU32(address, terminal.bytesOfOutput);
        return 0;
      case TerminalRequest.Flush:
        return terminal.flushMaster(address);
      default:
        return terminal.ioctl(request, address, memory);
    }
  }

  protected override closed(): void {
    this.whenGone();
    this.terminal.hangUp();
  }
}

/** A slave: a terminal that a program uses. */
export class OpenSlave extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly pair: PseudoTerminal,
    readonly device: () => FileAttributes,
  ) {
    super(name, flags);
    pair.opened();
  }

  override get terminal(): PseudoTerminal {
    return this.pair;
  }

  attributes(): FileAttributes {
    return this.device();
  }

  override get isTerminal(): boolean {
    return !this.terminal.isHungUp;
  }

  override get waitReason(): string {
    return `waits for ${this.terminal.path}`;
  }

  override get queues(): readonly WaitQueue[] {
    return [this.terminal.slaveWaiters];
  }

  override get patience(): number | undefined {
    const tenths = this.terminal.discipline.patience;
    return tenths === undefined ? undefined : tenths * TENTH;
  }

  override get isPatienceRenewed(): boolean {
    return this.terminal.discipline.isPatienceRenewed;
  }

  override read(into: Uint8Array): number {
    return this.#read(into, this.flags & Open.NonBlock ? 'some' : 'none');
  }

  override readLate(into: Uint8Array): number {
    return this.#read(into, 'late');
  }

  #read(into: Uint8Array, haste: Haste): number {
    if (this.terminal.isHungUp || into.length === 0) return 0;
    const count = this.terminal.discipline.read(into, haste);
    if (count === undefined) return WOULD_WAIT;
    // The master may have room to type again.
    this.terminal.masterWaiters.wakeAll();
    return count;
  }

  override write(bytes: Uint8Array): number {
    const { discipline, isHungUp } = this.terminal;
    if (isHungUp) return fail(Errno.EIO);
    if (bytes.length === 0) return 0;
    return discipline.write(bytes) || WOULD_WAIT;
  }

  override poll(): number {
    const { discipline, isHungUp, room } = this.terminal;
    const readable = PollEvent.In | PollEvent.ReadNormal;
    const writable = PollEvent.Out | PollEvent.WriteNormal;
    if (isHungUp) return readable | writable | PollEvent.Error | PollEvent.HangUp;
    return (discipline.isReadable ? readable : 0) | (room > 0 ? writable : 0);
  }

  override ioctl(request: number, address: number, memory: UserMemory): number {
    const { terminal } = this;
    if (terminal.isHungUp) return fail(Errno.EIO);
    switch (request as TerminalRequest) {
      case TerminalRequest.BytesAvailable:
        memory.writeU32(address, terminal.discipline.available);
        return 0;
      case TerminalRequest.Flush:
        return terminal.flushSlave(address);
      default:
        return terminal.ioctl(request, address, memory);
    }
  }

  protected override closed(): void {
    this.terminal.closed();
  }
}
