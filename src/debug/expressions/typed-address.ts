import type { Process } from '../../linux/process.ts';
import { err, ok, type Result } from '../../result.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { parseMemoryReference } from '../memory-reference.ts';

/** A place in the memory of a process that a person or a client has named. */
interface TypedAddress {
  readonly process: Process;
  /** Any 64-bit value. */
  readonly address: bigint;
  /** What an expression was taken for: a pointer stands for its target, an object for where it is. */
  readonly is?: 'pointer' | 'object';
}

const OF_PROCESS = /^\s*p([0-9]{1,9}):(.+)$/s;

/**
 * The address that a text names: a number (`0x1000`), a pointer's target (`p`, `arr+3`, `$sp+16`), where an object is
 * (`x`, `&x`), in the process of the frame; or any of them in another process (`p2:0x1000`, `p2:&x`), in its innermost
 * frame. The error is a sentence.
 */
export function typedAddress(debuggee: Debuggee, at: StackFrame, text: string): Result<TypedAddress, string> {
  const { machine } = debuggee;
  const reference = parseMemoryReference(text);
  if (reference) {
    const process = reference.pid === undefined ? at.task.process : machine.process(reference.pid);
    return process ? ok({ process, address: reference.address }) : err(`There is no process ${reference.pid}.`);
  }
  const [, pid, rest] = OF_PROCESS.exec(text) ?? [];
  if (pid === undefined) return ofExpression(debuggee, at, text);
  const task = machine.tasks().find(({ process }) => process.pid === Number(pid));
  if (!task) return err(machine.process(Number(pid)) ? `Process ${pid} has ended.` : `There is no process ${pid}.`);
  return ofExpression(debuggee, debuggee.stack(task).at(0)!, rest);
}

function ofExpression({ evaluator }: Debuggee, at: StackFrame, text: string): Result<TypedAddress, string> {
  const shown = evaluator.evaluate(at, text);
  if (!shown.ok) return shown;
  const isPointer = shown.value.type?.endsWith('*') === true;
  const object = isPointer ? undefined : evaluator.scalar(at, `&(${text})`);
  const address = object?.ok ? object : evaluator.scalar(at, text);
  if (!address.ok) return address;
  if (typeof address.value !== 'bigint') return err(`${text} is not an address.`);
  const is = isPointer ? 'pointer' : object?.ok ? 'object' : undefined;
  return ok({ process: at.task.process, address: BigInt.asUintN(64, address.value), ...(is ? { is } : {}) });
}
