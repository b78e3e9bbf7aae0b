import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import { OpenConsole } from '../files/console.ts';
import { Directory, GeneratedDirectory } from '../files/directory.ts';
import { type FileAttributes, Inode, type InodeIdentity } from '../files/inode.ts';
import type { OpenFile } from '../files/open-file.ts';
import type { Kernel } from '../kernel.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';
import { OpenMaster, OpenSlave } from './terminal-ends.ts';

const MULTIPLEXER_DEVICE = 0x502;
const SLAVE_MAJOR = 136;
/** Pairs that there can be (kernel.pty.max). */
const MOST_PAIRS = 4096;

/** Device number of a slave, as stat(2) shows it: the low eight bits of the minor number, the major, the rest. */
function slaveDevice(number: number): number {
  return (number & 0xff) | (SLAVE_MAJOR << 8) | ((number & ~0xff) << 12);
}

/** /dev/ptmx, and a slave of /dev/pts. */
class TerminalNode extends Inode {
  readonly size = 0;

  constructor(
    identity: InodeIdentity,
    permissions: number,
    readonly rdev: number,
    readonly opener: (path: string, flags: number, node: TerminalNode) => OpenFile,
  ) {
    super(identity, Mode.Character | permissions);
  }

  open(path: string, flags: number): OpenFile {
    return this.opener(path, flags, this);
  }

  override attributes(): FileAttributes {
    return { ...super.attributes(), rdev: this.rdev };
  }
}

/** The pseudo-terminals that there are, and the terminals that processes have. */
export class Terminals {
  readonly #kernel: Kernel;
  readonly #slaves = new Map<number, TerminalNode>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Puts /dev/ptmx and /dev/pts where they are. */
  mount(): void {
    const { numbers, root } = this.#kernel.files;
    const dev = root.lookup('dev') as Directory;
    dev.add(
      'ptmx',
      new TerminalNode(numbers.next(), 0o666, MULTIPLEXER_DEVICE, (_, flags, node) => this.#pair(flags, node)),
    );
    const slaves = { lookup: (name: string) => this.#slave(name), names: () => [...this.#slaves.keys()].map(String) };
    dev.add('pts', new GeneratedDirectory(numbers.next(), dev, 'pts', slaves));
  }

  /** What /dev/tty opens: the current process's controlling terminal. */
  openOwn(flags: number, device: () => FileAttributes): OpenFile {
    const { console, current } = this.#kernel;
    const terminal = current?.process.terminal;
    if (terminal === console) return new OpenConsole(console, 1, flags);
    return terminal instanceof PseudoTerminal ? new OpenSlave('/dev/tty', flags, terminal, device) : fail(Errno.ENXIO);
  }

  /** TIOCGPTPEER: the slave of a master, whether a path leads to it or not. */
  openPeer(terminal: PseudoTerminal, flags: number): OpenFile {
    return this.#slaves.get(terminal.number)!.open(terminal.path, flags);
  }

  #slave(name: string): Inode | undefined {
    return /^(0|[1-9]\d*)$/.test(name) ? this.#slaves.get(Number(name)) : undefined;
  }

  /** A new pair; its master is open. */
  #pair(flags: number, multiplexer: TerminalNode): OpenFile {
    if (this.#slaves.size === MOST_PAIRS) return fail(Errno.ENOSPC);
    let number = 0;
    while (this.#slaves.has(number)) number++;
    const terminal = new PseudoTerminal(number, this.#kernel.jobs);
    const openSlave = (path: string, slaveFlags: number, node: TerminalNode): OpenFile =>
      terminal.isLocked ? fail(Errno.EIO) : new OpenSlave(path, slaveFlags, terminal, () => node.attributes());
    this.#slaves.set(
      number,
      new TerminalNode(this.#kernel.files.numbers.next(), 0o620, slaveDevice(number), openSlave),
    );
    return new OpenMaster(
      flags,
      terminal,
      () => multiplexer.attributes(),
      () => this.#slaves.delete(number),
    );
  }
}
