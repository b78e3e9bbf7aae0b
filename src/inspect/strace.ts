import { signalName } from '../linux/abi/signal-number.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { quote, resultText, syscallArguments } from './syscall-text.ts';

/** Writes system calls, signals and ends as strace(1) does. Looking changes nothing in the guest. */
export class Strace {
  readonly #machine: Machine;
  readonly #write: (line: string) => void;
  #hasSeveral = false;

  /** @param write gets each line, without its end. */
  constructor(machine: Machine, write: (line: string) => void) {
    this.#machine = machine;
    this.#write = write;
  }

  /** A listener of the machine's events. */
  notice(event: MachineEvent): void {
    switch (event.kind) {
      case 'syscall':
        // Its end has been told already.
        if (event.name === 'exit' || event.name === 'exit_group') return;
        return this.#line(
          event,
          `${event.name}(${syscallArguments(this.#machine, event)}) = ${resultText(event.result)}`,
        );
      case 'unknown-syscall':
        return this.#line(event, `syscall_${event.number}(…) = -1 ENOSYS`);
      case 'exec':
        return this.#line(event, `execve(${quote(event.path)}, [${event.argv.map(quote).join(', ')}]) = 0`);
      case 'fork':
      case 'vfork':
      case 'thread':
        this.#hasSeveral = true;
        return;
      case 'signal': {
        const at = event.address === undefined ? '' : ` {si_addr=0x${event.address.toString(16)}}`;
        return this.#line(event, `--- ${event.name}${at} ---`);
      }
      case 'exit':
        return this.#line(
          event,
          event.status.kind === 'exited'
            ? `+++ exited with ${event.status.code} +++`
            : `+++ killed by ${signalName(event.status.signal)} +++`,
        );
      default:
        return;
    }
  }

  #line({ tid }: MachineEvent, text: string): void {
    this.#write(this.#hasSeveral ? `[pid ${tid}] ${text}` : text);
  }
}
