import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CowLedger } from '../inspect/cow-ledger.ts';
import { addressLines, explainAccess, explanationLines, rawFault, type Explanation } from '../inspect/explain.ts';
import { listedProcesses, spaceOf } from '../inspect/spaces.ts';
import { frameFacts } from '../inspect/violation.ts';
import { isException, type StopEvent } from './cpp-exceptions.ts';
import type { Machine } from '../machine/machine.ts';
import { NO_FRAME, pageFloor, toHex, USER_END, virtAddr, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import { NestedCowFault } from '../platform/nested-cow-fault.ts';
import { Op } from '../riscv/op.ts';
import type { Process } from '../linux/process.ts';
import { decodeAt } from '../program/instruction-bytes.ts';
import { filterLabel } from './event-filters.ts';
import type { Halt } from './run-control.ts';
import { haltText } from './stop-reason.ts';

const EXCEPTIONAL: ReadonlySet<Halt['kind']> = new Set(['event', 'deadlock', 'invariant', 'platform-failure']);

/** Everything there is to say about an exceptional stop; `undefined` where it was an ordinary one. */
export function exceptionInfo(
  machine: Machine,
  halt: Halt,
  ledger: CowLedger,
): DebugProtocol.ExceptionInfoResponse['body'] | undefined {
  if (!EXCEPTIONAL.has(halt.kind)) return undefined;
  const id = halt.kind === 'event' ? halt.filter : halt.kind;
  const name =
    halt.kind === 'event' ? filterLabel(halt.filter) : halt.kind === 'platform-failure' ? halt.error.title : id;
  const lines = detailLines(machine, halt, ledger);
  const message = haltText(machine, halt);
  return {
    exceptionId: name,
    description: [message, ...lines].join('\n'),
    breakMode: 'always',
    details: { message, typeName: thrownType(halt) ?? id },
  };
}

/** The type of a C++ exception. */
function thrownType(halt: Halt): string | undefined {
  const event = halt.kind === 'event' ? halt.event : undefined;
  return event && isException(event) ? event.thrown?.type : undefined;
}

function detailLines(machine: Machine, halt: Halt, ledger: CowLedger): string[] {
  switch (halt.kind) {
    case 'event':
      return eventLines(machine, halt.event, ledger);
    case 'invariant':
      return violationLines(machine, halt.violation, ledger);
    case 'platform-failure':
      return halt.error instanceof NestedCowFault ? faultStack(machine, halt.task.process, halt.error, ledger) : [];
    default:
      return [];
  }
}

/** The faults that the platform was handling, the outer one first, and the pages on which its handler never faults. */
function faultStack(machine: Machine, process: Process, fault: NestedCowFault, ledger: CowLedger): string[] {
  const levels = [
    { what: 'fault 1, of the program', va: fault.outer },
    { what: 'fault 2, of the handler of fault 1', va: fault.inner },
  ].flatMap(({ what, va }) => {
    const explained = explainAccess(machine, process, va, Access.Write, ledger);
    return [`${what}:`, ...(explained ? explanationLines(explained) : [])];
  });
  const footprint = process.space ? machine.inspector.view(process.space).footprint : [];
  const pages = footprint.length > 0 ? footprint.map((va) => toHex(pageFloor(va))).join(', ') : 'none';
  return [...levels, `pages of the handler that a fork copies at once (its footprint): ${pages}`];
}

/** The frame with its owners, and the page as the process that has it finds it. */
function violationLines(machine: Machine, violation: InvariantViolation, ledger: CowLedger): string[] {
  const { space, va } = violation;
  const process = listedProcesses(machine).find((one) => spaceOf(machine, one) === space);
  const explained = process && va !== undefined ? explainAccess(machine, process, va, Access.Write, ledger) : undefined;
  const facts = explained?.page?.frame === violation.frame ? undefined : frameFacts(machine, violation);
  return [...(facts === undefined ? [] : [facts]), ...(explained ? explanationLines(explained) : [])];
}

function eventLines(machine: Machine, event: StopEvent, ledger: CowLedger): string[] {
  const process = machine.process(event.pid);
  if (!process) return [];
  switch (event.kind) {
    case 'fault': {
      const explained = explainAccess(machine, process, event.va, event.access, ledger);
      if (!explained) return [];
      const isHandled = event.after !== NO_FRAME;
      return [
        ...sinceWhen(explained),
        isHandled
          ? sentence(explained.page?.explanation ?? explained.verdict)
          : `Not handled yet: ${consequence(explained)}.`,
        '',
        ...(isHandled ? [] : [rawFault(event.access, event.va)]),
        ...restOf(explained),
      ];
    }
    case 'cow-break': {
      const explained = explainAccess(machine, process, event.va, Access.Write, ledger);
      if (!explained) return [];
      // The last that is known of the page is this break: the headline has it.
      const before = { ...explained, history: explained.history.slice(0, -1) };
      return [...sinceWhen(before), sentence(before.page?.explanation ?? before.verdict), '', ...restOf(before)];
    }
    case 'signal': {
      // SIGSEGV and SIGBUS say where; how is in the instruction.
      const at = event.address === undefined || event.address >= USER_END ? undefined : virtAddr(Number(event.address));
      const explained =
        at === undefined
          ? undefined
          : explainAccess(machine, process, at, accessAt(machine, process, event.pc, at), ledger);
      return explained ? [sentence(explained.verdict), '', ...addressLines(explained)] : [];
    }
    default:
      return [];
  }
}

/** Since when the page is shared, or how that has ended: the last that is known of it. */
function sinceWhen({ history }: Explanation): string[] {
  const last = history.at(-1);
  return last === undefined ? [] : [sentence(last)];
}

/** What is said below the lead, without what is said there. */
function restOf(explained: Explanation): string[] {
  return addressLines({ ...explained, history: explained.history.slice(0, -1) });
}

/** What the kernel will do about a fault, without who shares the page: the headline has that. */
function consequence({ cause, page, verdict }: Explanation): string {
  const text = cause === 'cow' && page ? page.explanation : verdict;
  return text.slice(text.indexOf(': ') + 2);
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** What the instruction at `pc` does to memory at `va`. */
function accessAt(machine: Machine, process: Process, pc: VirtAddr, va: VirtAddr): Access {
  if (va === pc) return Access.Execute;
  const { op } = decodeAt(machine.read(process, pc, 4)) ?? { op: Op.Lb };
  const isStore = (op >= Op.Sb && op <= Op.Sd) || op === Op.Fsw || op === Op.Fsd || (op > Op.LrD && op <= Op.AmoMaxuD);
  return isStore ? Access.Write : Access.Read;
}
