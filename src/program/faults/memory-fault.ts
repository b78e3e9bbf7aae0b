import type { Task } from '../../linux/task.ts';
import type { Machine } from '../../machine/machine.ts';
import { toHex, USER_END, virtAddr } from '../../memory/address.ts';
import { Access } from '../../memory/mmu.ts';
import { Pte } from '../../memory/pte.ts';
import type { Mapping } from '../../platform/mapping.ts';
import type { ReadMemory } from '../../symbols/frame.ts';
import { X } from '../../riscv/registers.ts';
import { CallStack, type StackFrame } from '../call-stack.ts';
import type { Image, ImageTable } from '../images.ts';
import type { MemoryNames } from '../names/memory-names.ts';
import { OwnCode } from '../own-code.ts';
import { baseName } from '../source-map.ts';
import { CodeExpressions, type Called } from './expressions-of-code.ts';
import { callText, publicName } from './library-calls.ts';
import { operandProblem, outsideProblem, pointerProblem } from './operands.ts';
import { expressionText } from './rvalues.ts';
import { stackOverflow } from './stack-overflow.ts';
import type { FaultStory } from './story.ts';
import { unsigned, sumValue } from './sums.ts';

/** An access that did not go through, or not at once. */
interface MemoryFault {
  /** The address as the hart has it: any 64 bits. */
  readonly va: bigint;
  readonly access: Access;
  /** Whether the kernel will not map a page there: it ends in a signal. */
  readonly isFatal: boolean;
}

/** How far out the person's own function is looked for. */
const MOST_FRAMES = 16;
/** An access this far behind an argument may be of it. */
const REACH = 2n ** 20n;

const VERBS: Readonly<Record<Access, string>> = {
  [Access.Read]: 'load of',
  [Access.Write]: 'store to',
  [Access.Execute]: 'jump to',
};

/** An access without an expression of the source: `store to 0x10`. */
function plainText({ access, va }: MemoryFault): string {
  return `${VERBS[access]} ${toHex(va)}`;
}

/** What a person needs to know of a fault: the expression, and its bad operand. */
export class FaultStories {
  readonly #own: OwnCode;

  constructor(
    private readonly machine: Machine,
    private readonly images: ImageTable,
    private readonly names: MemoryNames,
  ) {
    this.#own = new OwnCode(images);
  }

  /** A fault of the next instruction of a task. */
  of(task: Task, fault: MemoryFault): FaultStory {
    const stack = new CallStack(this.machine, this.images, task);
    const at = this.#own.innermost(stack) ?? ownFrame(stack);
    const place = at && placeText(at);
    const story = this.#story(task, stack, at, fault);
    return place === undefined ? story : { ...story, place };
  }

  /** The same, where the source has an expression for what is accessed. */
  expressionOf(task: Task, fault: MemoryFault): FaultStory | undefined {
    const story = this.of(task, fault);
    return story.what === plainText(fault) ? undefined : story;
  }

  #story(task: Task, stack: CallStack, own: StackFrame | undefined, fault: MemoryFault): FaultStory {
    const { va, access } = fault;
    const plain = plainText(fault);
    const overflow = fault.isFatal ? stackOverflow(this.machine, this.images, this.names, task, va) : undefined;
    if (overflow) return { what: plain, why: overflow };
    if (access === Access.Execute) return this.#jump(task, stack, va, fault.isFatal);
    const top = stack.at(0);
    const problem = (): string | undefined => (fault.isFatal ? this.#refusal(task, va, access) : undefined);
    // What is inlined there runs in the same frame.
    if (top && own?.calls === top.calls) {
      const accessed = this.#expressions(task, own).accessed();
      const lvalue = accessed?.lvalue;
      const what = lvalue ? `${VERBS[access]} ${lvalue.text}` : plain;
      if (accessed?.access.kind === 'atomic' && accessed.address % BigInt(accessed.access.size) !== 0n)
        return why(
          what,
          `an atomic access needs an address that is a multiple of ${accessed.access.size}, not ${toHex(va)}`,
        );
      if (!lvalue) return why(plain, problem());
      if (isVirtualTable(lvalue.text))
        return why(
          `call of a virtual function of ${lvalue.base.text}`,
          operandProblem(this.names, task.process, lvalue, va) ?? problem(),
        );
      if (!fault.isFatal) return why(what, outsideProblem(lvalue));
      return why(what, operandProblem(this.names, task.process, lvalue, va) ?? problem());
    }
    if (own) {
      const inner = stack.at(own.level - 1);
      const called = this.#expressions(task, own).called();
      const argument = called && inner && this.#argument(task, called, va);
      if (argument) {
        const call = callText(publicName(inner.name), called.texts, argument.index);
        return why(`${plain} in ${call}`, fault.isFatal ? (argument.why ?? problem()) : undefined);
      }
      if (inner && fault.isFatal) return why(`${plain} in ${publicName(inner.name)}`, problem());
    }
    return why(plain, problem());
  }

  /** The argument of a call that an address comes from. */
  #argument(
    task: Task,
    { given }: Called,
    va: bigint,
  ): { readonly index: number; readonly why: string | undefined } | undefined {
    let best: { readonly index: number; readonly distance: bigint } | undefined;
    given.forEach((sum, index) => {
      const value = sumValue(sum);
      if (value === undefined || expressionText(sum) === undefined || sum.terms?.length === 0) return;
      const distance = va - value;
      const isNear = value < 4096n ? va < 65_536n : true;
      if (distance < 0n || distance >= REACH || !isNear || (best && best.distance <= distance)) return;
      best = { index, distance };
    });
    if (!best) return undefined;
    const value = sumValue(given[best.index]);
    return {
      index: best.index,
      why: pointerProblem(this.names, task.process, expressionText(given[best.index])!, value),
    };
  }

  /** Code that is fetched from where none is: a call through a pointer, or a return to an address that was overwritten. */
  #jump(task: Task, stack: CallStack, va: bigint, isFatal: boolean): FaultStory {
    const registers = this.machine.registers(task);
    const ra = unsigned(registers.x(X.Ra));
    const plain = `jump to ${toHex(va)}`;
    const problem = isFatal ? this.#refusal(task, va, Access.Execute) : undefined;
    if ((ra & ~1n) === va) return why(plain, 'the return address of the function that has ended was overwritten');
    const caller = stack.at(1);
    const isNull = va === 0n ? 'a null function pointer was called' : problem;
    if (!caller || BigInt(caller.frame.pc) !== ra) return why(plain, problem);
    const called = this.#expressions(task, caller).called();
    const text = called?.pointer && expressionText(called.pointer);
    if (!called?.pointer || text === undefined || called.pointer.terms?.length === 0) return why(plain, isNull);
    const value = sumValue(called.pointer);
    if (value !== undefined && (value & ~1n) !== va) return why(plain, problem);
    if (text.includes('_vptr')) return why('call of a virtual function', problem);
    const bad = va === 0n ? `${text} is null` : pointerProblem(this.names, task.process, text, va);
    return why(`call of ${text}`, bad ?? problem);
  }

  /** Why the kernel refuses an access, by what is there. */
  #refusal({ process }: Task, va: bigint, access: Access): string | undefined {
    const mappings = process.space ? this.machine.inspector.mappings(this.machine.provider.label(process.space)) : [];
    const mapping = mappings.find(({ start, end }) => BigInt(start) <= va && va < BigInt(end));
    if (va < 4096n) return 'a null pointer was used';
    if (va >= USER_END) return 'that is no address of a process';
    if (!mapping) return 'nothing is mapped there';
    const name = this.names.at(process, Number(va));
    if (name?.kind === 'guard') return `it is in the ${name.text}`;
    if (access === Access.Write && !(mapping.permissions & Pte.W)) {
      if (name?.kind === 'string') return `a text constant cannot be written: ${name.text}`;
      if (name?.kind === 'function') return `it is code, of ${name.text}`;
      if (name?.kind === 'variable') return `${name.object?.name ?? name.text} is constant`;
    }
    const refused = permissionProblem(mapping, access);
    if (refused !== undefined) return refused;
    const { cause } = this.machine.provider.classifyFault(process.space!, virtAddr(Number(va)), access);
    if (cause === 'past-end') return 'it is past the end of the file that is mapped';
    // Only where a platform is at fault.
    return cause === 'protection' ? 'its mapping allows it, but its page-table entry does not' : undefined;
  }

  #expressions(task: Task, at: StackFrame): CodeExpressions {
    const images: readonly Image[] = this.images.of(task.process);
    const read: ReadMemory = at.frame.read;
    return new CodeExpressions(at, images, read);
  }
}

function permissionProblem({ permissions }: Mapping, access: Access): string | undefined {
  if (permissions === 0) return 'its mapping allows no access (PROT_NONE)';
  const bit = access === Access.Write ? Pte.W : access === Access.Read ? Pte.R : Pte.X;
  const verb = access === Access.Write ? 'written' : access === Access.Read ? 'read' : 'executed';
  return permissions & bit ? undefined : `its mapping does not allow that it is ${verb}`;
}

/** The innermost frame with source. */
function ownFrame(stack: CallStack): StackFrame | undefined {
  for (let level = 0; level < MOST_FRAMES; level++) {
    const frame = stack.at(level);
    if (!frame) return undefined;
    if (frame.line) return frame;
  }
  return undefined;
}

/** `main (fork.c:41)`. */
export function placeText({ name, line }: StackFrame): string {
  return line ? `${name} (${baseName(line.file)}:${line.line})` : name;
}

/** The first thing that a call of a virtual function reads. */
function isVirtualTable(text: string): boolean {
  return /(?:->|\.)_vptr[.$]\w+$/.test(text);
}

function why(what: string, problem: string | undefined): FaultStory {
  return problem === undefined ? { what } : { what, why: problem };
}
