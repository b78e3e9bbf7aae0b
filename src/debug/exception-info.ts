import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CowLedger } from '../inspect/cow-ledger.ts';
import { explainAccess, explanationLines, rawFault } from '../inspect/explain.ts';
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
      const handled = event.after !== NO_FRAME;
      return [
        ...(handled
          ? ['The kernel has handled it for a system call. Since then:']
          : [`The kernel has not handled it yet: ${rawFault(event.access, event.va)}`]),
        ...explanationLines(explained),
      ];
    }
    case 'cow-break': {
      const explained = explainAccess(machine, process, event.va, Access.Write, ledger);
      return [
        `frame before ${toHex(event.before)}, after ${toHex(event.after)}`,
        ...(explained ? explanationLines(explained) : []),
      ];
    }
    case 'signal': {
      // SIGSEGV and SIGBUS say where; how is in the instruction.
      const at = event.address === undefined || event.address >= USER_END ? undefined : virtAddr(Number(event.address));
      const explained =
        at === undefined
          ? undefined
          : explainAccess(machine, process, at, accessAt(machine, process, event.pc, at), ledger);
      return explained ? explanationLines(explained) : [];
    }
    default:
      return [];
  }
}

/** What the instruction at `pc` does to memory at `va`. */
function accessAt(machine: Machine, process: Process, pc: VirtAddr, va: VirtAddr): Access {
  if (va === pc) return Access.Execute;
  const { op } = decodeAt(machine.read(process, pc, 4)) ?? { op: Op.Lb };
  const isStore = (op >= Op.Sb && op <= Op.Sd) || op === Op.Fsw || op === Op.Fsd || (op > Op.LrD && op <= Op.AmoMaxuD);
  return isStore ? Access.Write : Access.Read;
}
