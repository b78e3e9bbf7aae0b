import type { Task } from '../../linux/task.ts';
import type { MachineEvent } from '../../machine/machine-event.ts';
import type { Machine } from '../../machine/machine.ts';
import { USER_END, type VirtAddr } from '../../memory/address.ts';
import { missingInstruction } from '../../riscv/missing-extension.ts';
import type { Process } from '../../linux/process.ts';
import { X } from '../../riscv/registers.ts';
import { CallStack } from '../call-stack.ts';
import { handledException } from '../handled-exception.ts';
import type { ImageTable } from '../images.ts';
import type { MemoryNames } from '../names/memory-names.ts';
import { OwnCode } from '../own-code.ts';
import { accessOf } from './access.ts';
import { FaultStories, placeText } from './memory-fault.ts';
import type { FaultStory } from './story.ts';

type SignalEvent = Extract<MachineEvent, { kind: 'signal' }>;

/** How far out the functions are looked at that lead to a signal. */
const MOST_FRAMES = 16;
/** glibc's messages are a line. */
const LONGEST_MESSAGE = 400;

/** What a signal is about, where an instruction or the program itself raised it; `what` is '' where nothing is known. */
export class SignalStories {
  readonly faults: FaultStories;
  readonly #own: OwnCode;

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
    names: MemoryNames,
  ) {
    this.faults = new FaultStories(machine, images, names);
    this.#own = new OwnCode(images);
  }

  of(task: Task, event: SignalEvent): FaultStory {
    const { name, address, pc } = event;
    const isOfMemory = address !== undefined && (name === 'SIGSEGV' || name === 'SIGBUS');
    if (isOfMemory) {
      const access = accessOf(this.machine, task.process, pc, address);
      return this.faults.of(task, { va: address, access, isFatal: true });
    }
    const stack = new CallStack(this.machine, this.images, task);
    const at = this.#own.innermost(stack);
    const story = this.#story(task, stack, event);
    return at ? { ...story, place: placeText(at) } : story;
  }

  #story(task: Task, stack: CallStack, { name, address, pc }: SignalEvent): FaultStory {
    switch (name) {
      case 'SIGILL':
        return { what: address === undefined ? '' : this.#instruction(task.process, pc) };
      case 'SIGTRAP':
        return { what: address === undefined ? '' : 'ebreak, as of __builtin_trap() or a breakpoint of the program' };
      case 'SIGABRT':
        return { what: this.#abortText(task, stack) };
      case 'SIGSEGV': {
        const sp = Number(this.machine.registers(task).x(X.Sp));
        const isGone = sp < Number(USER_END) && this.machine.read(task.process, sp as VirtAddr, 1).length === 0;
        return { what: isGone ? 'there is no room on the stack for the frame of a signal' : '' };
      }
      default:
        return { what: '' };
    }
  }

  #instruction(process: Process, pc: VirtAddr): string {
    const bytes = this.machine.read(process, pc, 4);
    if (bytes.length < 2) return '';
    const word = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const digits = (word & 3) === 3 ? 8 : 4;
    const bits = `0x${(digits === 4 ? word & 0xffff : word).toString(16).padStart(digits, '0')}`;
    const missing = missingInstruction(word);
    return missing ? `${bits} is ${missing}` : `${bits} is no instruction`;
  }

  /** Why the program ended itself: what the C library has noted, or which of its functions did it. */
  #abortText(task: Task, stack: CallStack): string {
    const message = this.#abortMessage(task.process);
    if (message !== undefined) return message;
    const names: string[] = [];
    for (let level = 0; level < MOST_FRAMES; level++) {
      const frame = stack.at(level);
      if (!frame) break;
      names.push(frame.name);
    }
    const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
    const isThrown = has(/^__cxa_(?:throw|rethrow|call_terminate)\b/);
    const thrown = isThrown ? handledException(this.machine, this.images, task) : undefined;
    if (thrown)
      return `terminate called after throwing an instance of '${thrown.type}'${thrown.what === undefined ? '' : `: ${thrown.what}`}`;
    if (isThrown) return 'an exception was thrown that nobody catches';
    if (has(/^__cxa_pure_virtual$/)) return 'a pure virtual function was called';
    if (has(/^std::terminate\b|^_ZSt9terminatev$/)) return 'std::terminate() was called';
    if (has(/__stack_chk_fail/)) return 'the stack was overwritten past the end of an array';
    return has(/^(?:__GI_)?abort$/) ? 'abort() was called' : '';
  }

  /** What assert(), malloc() and others of glibc have to say (__abort_msg). */
  #abortMessage(process: Process): string | undefined {
    for (const { symbols } of this.images.of(process)) {
      const variable = symbols?.symbol('__abort_msg')?.va;
      if (variable === undefined) continue;
      const pointer = this.machine.read(process, variable as VirtAddr, 8);
      if (pointer.length < 8) continue;
      const at = Number(new DataView(pointer.buffer, pointer.byteOffset).getBigUint64(0, true));
      if (at === 0 || at >= Number(USER_END)) continue;
      // struct abort_msg_s: its size, then the text.
      const bytes = this.machine.read(process, (at + 4) as VirtAddr, LONGEST_MESSAGE);
      const end = bytes.indexOf(0);
      const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
      if (text !== '') return text.replaceAll(/\s*\n\s*/g, ' ');
    }
    return undefined;
  }
}
