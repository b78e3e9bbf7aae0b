import { Errno, fail } from '../abi/errno.ts';
import { Signal } from '../abi/signal-number.ts';
import type { UserMemory } from '../user-memory.ts';
import { WaitQueue } from '../wait-queue.ts';
import { ByteQueue } from './byte-queue.ts';
import { LineDiscipline } from './line-discipline.ts';
import { type Terminal, TerminalRequest } from './terminal.ts';
import { Character, Input, Local, TERMIOS_SIZE, type Termios } from './termios.ts';

/** What a slave may print before its master reads. */
const OUTPUT_CAPACITY = 8192;
/** What of it has arrived on the master's side, and stays when the slave's output is thrown away (N_TTY_BUF_SIZE). */
const ARRIVED = 4095;
const WINDOW_SIZE = 8;

/** Status bytes of packet mode (ioctl_tty(2), TIOCPKT). */
const enum Packet {
  FlushRead = 1,
  FlushWrite = 2,
  Stop = 4,
  Start = 8,
  /** ^S and ^Q do not stop and start it, or do. */
  NoStop = 16,
  DoStop = 32,
}

/** Of which the later one replaces the earlier. */
const OPPOSITES: readonly Packet[] = [Packet.Stop | Packet.Start, Packet.NoStop | Packet.DoStop];

/** Arguments of TCFLSH and TCXONC. */
const enum Flush {
  Input = 0,
  Output = 1,
  Both = 2,
}

const enum Flow {
  HoldOutput = 0,
  ReleaseOutput = 1,
  /** The stop or start character is sent to the other side. */
  SendStop = 2,
  SendStart = 3,
}

/** What a pseudo-terminal needs of job control. */
interface TerminalSignals {
  /** To the process group in the foreground of a terminal. */
  signal(terminal: Terminal, signal: Signal): void;
  /** The master is gone: so is the terminal. */
  hangUp(terminal: Terminal): void;
  /** Nobody has the slave open any more: no process has it as its controlling terminal. */
  forget(terminal: Terminal): void;
}

/** A pair of a master, and a slave that is a terminal (pty(7)). */
export class PseudoTerminal implements Terminal {
  session = 0;
  foreground = 0;
  /** Until unlockpt(3), its slave cannot be opened. */
  isLocked = true;
  /** Slaves that are open. */
  slaves = 0;
  wasOpened = false;
  isHungUp = false;
  readonly discipline: LineDiscipline;
  readonly masterWaiters = new WaitQueue();
  readonly slaveWaiters = new WaitQueue();
  readonly #signals: TerminalSignals;
  #window: Uint8Array = new Uint8Array(WINDOW_SIZE);
  /** What the master can read. */
  readonly #output = new ByteQueue(OUTPUT_CAPACITY);
  #isPacketMode = false;
  #packetStatus = 0;

  constructor(
    readonly number: number,
    signals: TerminalSignals,
  ) {
    this.#signals = signals;
    this.discipline = new LineDiscipline({
      room: () => this.#output.room,
      print: (bytes) => {
        this.#output.push(bytes);
        this.masterWaiters.wakeAll();
      },
      signal: (signal) => signals.signal(this, signal),
      inputFlushed: () => {
        this.#tell(Packet.FlushRead);
        // There is room to type again.
        this.masterWaiters.wakeAll();
      },
      flushOutput: () => this.#dropOutput(),
      held: (isHeld) => {
        this.#tell(isHeld ? Packet.Stop : Packet.Start);
        if (!isHeld) this.slaveWaiters.wakeAll();
      },
    });
  }

  get path(): string {
    return `/dev/pts/${this.number}`;
  }

  get stopsWriters(): boolean {
    return this.discipline.termios.local(Local.StopWriters);
  }

  /** What the slave has printed, for the master; `undefined` while there is nothing. */
  takeOutput(into: Uint8Array): number | undefined {
    if (into.length === 0) return 0;
    if (this.#packetStatus !== 0) {
      into[0] = this.#packetStatus;
      this.#packetStatus = 0;
      return 1;
    }
    if (this.#output.length === 0) return undefined;
    const head = Number(this.#isPacketMode);
    if (head === 1) into[0] = 0;
    const count = Math.min(into.length - head, this.#output.length);
    into.set(this.#output.take(count), head);
    this.discipline.showEchoes();
    this.slaveWaiters.wakeAll();
    return head + count;
  }

  get hasOutput(): boolean {
    return this.#output.length > 0;
  }

  get hasPacketStatus(): boolean {
    return this.#packetStatus !== 0;
  }

  get room(): number {
    return this.discipline.isHeld ? 0 : this.#output.room;
  }

  /** What the master types. @returns bytes taken. */
  type(bytes: Uint8Array): number {
    const taken = this.discipline.type(bytes);
    this.slaveWaiters.wakeAll();
    return taken;
  }

  opened(): void {
    this.slaves++;
    this.wasOpened = true;
  }

  closed(): void {
    if (--this.slaves > 0) return;
    if (!this.isHungUp) this.#signals.forget(this);
    this.masterWaiters.wakeAll();
  }

  hangUp(): void {
    this.#signals.hangUp(this);
    this.isHungUp = true;
    this.slaveWaiters.wakeAll();
  }

  /** Requests that both ends serve; of a program that looks at the terminal, or of who is at it. */
  ioctl(request: number, address: number, memory: UserMemory): number {
    const { discipline } = this;
    switch (request as TerminalRequest) {
      case TerminalRequest.GetAttributes:
        memory.write(address, discipline.termios.bytes);
        return 0;
      case TerminalRequest.SetAttributes:
      case TerminalRequest.SetAttributesDrain:
      case TerminalRequest.SetAttributesFlush: {
        const termios = memory.read(address, TERMIOS_SIZE);
        if (request === (TerminalRequest.SetAttributesFlush as number)) discipline.flushInput();
        this.#setTermios(termios);
        return 0;
      }
      case TerminalRequest.GetWindowSize:
        memory.write(address, this.#window);
        return 0;
      case TerminalRequest.SetWindowSize: {
        const window = memory.read(address, WINDOW_SIZE);
        if (window.every((byte, i) => byte === this.#window[i])) return 0;
        this.#window = window;
        this.#signals.signal(this, Signal.SIGWINCH);
        return 0;
      }
      case TerminalRequest.SendBreak:
      case TerminalRequest.SendBreakPosix:
      case TerminalRequest.SetExclusive:
      case TerminalRequest.ClearExclusive:
        return 0;
      case TerminalRequest.GetDiscipline:
      case TerminalRequest.BytesUnsent:
        memory.writeU32(address, 0);
        return 0;
      case TerminalRequest.FlowControl:
        return this.#flow(address);
      default:
        return fail(Errno.ENOTTY);
    }
  }

  #setTermios(bytes: Uint8Array): void {
    const { discipline } = this;
    const before = stopsAndStarts(discipline.termios);
    discipline.setTermios(bytes);
    const after = stopsAndStarts(discipline.termios);
    if (before !== after) this.#tell(after ? Packet.DoStop : Packet.NoStop);
    // What was typed may be enough for a reader now, and gives room for more.
    this.slaveWaiters.wakeAll();
    this.masterWaiters.wakeAll();
  }

  /** TCXONC of the slave. */
  #flow(action: number): number {
    const { discipline } = this;
    switch (action as Flow) {
      case Flow.HoldOutput:
      case Flow.ReleaseOutput:
        discipline.hold(action === (Flow.HoldOutput as number));
        return 0;
      case Flow.SendStop:
      case Flow.SendStart: {
        const name = action === (Flow.SendStop as number) ? Character.Stop : Character.Start;
        const character = discipline.termios.character(name);
        if (character !== 0) this.#output.push([character]);
        this.masterWaiters.wakeAll();
        return 0;
      }
      default:
        return fail(Errno.EINVAL);
    }
  }

  /** TCFLSH of the slave. */
  flushSlave(what: number): number {
    if (what > (Flush.Both as number)) return fail(Errno.EINVAL);
    if (what !== (Flush.Output as number)) this.discipline.flushInput();
    if (what !== (Flush.Input as number)) this.#dropOutput();
    return 0;
  }

  #dropOutput(): void {
    this.#output.truncate(ARRIVED);
    this.#tell(Packet.FlushWrite);
    this.slaveWaiters.wakeAll();
  }

  /** TCFLSH of the master. */
  flushMaster(what: number): number {
    if (what > (Flush.Both as number)) return fail(Errno.EINVAL);
    if (what !== (Flush.Output as number)) this.#output.clear();
    this.discipline.showEchoes();
    this.slaveWaiters.wakeAll();
    return 0;
  }

  get bytesOfOutput(): number {
    return this.#output.length;
  }

  get isPacketMode(): boolean {
    return this.#isPacketMode;
  }

  setPacketMode(isOn: boolean): void {
    this.#isPacketMode = isOn;
    this.#packetStatus = 0;
  }

  #tell(status: Packet): void {
    if (!this.#isPacketMode) return;
    for (const pair of OPPOSITES) if (status & pair) this.#packetStatus &= ~pair;
    this.#packetStatus |= status;
    this.masterWaiters.wakeAll();
  }
}

/** Whether output stops at ^S and goes on at ^Q, which a terminal on the other side of a network then does itself. */
function stopsAndStarts(termios: Termios): boolean {
  return termios.input(Input.FlowControl) && termios.is(0x13, Character.Stop) && termios.is(0x11, Character.Start);
}
