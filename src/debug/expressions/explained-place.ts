import { explainAddress, wholeExplanation, type AddressExplanation } from '../../inspect/explain.ts';
import type { Process } from '../../linux/process.ts';
import { toHex, USER_END, virtAddr } from '../../memory/address.ts';
import { err, ok, type Result } from '../../result.ts';
import { namedExplanation } from '../../program/names/named-views.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import { parseMemoryReference } from '../memory-reference.ts';
import type { Evaluated } from './shown-value.ts';

/** What there is to say of an address, a pointer's target, or where an object is. An error is a sentence. */
export function explanationOf(debuggee: Debuggee, at: StackFrame, text: string): Result<AddressExplanation, string> {
  const asked = placeAsked(debuggee, at, text);
  if (!asked.ok) return asked;
  const { process, address, is } = asked.value;
  if (address >= USER_END || address < 0n) return err(`${toHex(address)} is no address of a process.`);
  const explanation = explainAddress(debuggee.machine, process, virtAddr(Number(address)), debuggee.ledger);
  if (!explanation) return err(`Process ${process.pid} has ended.`);
  const named = namedExplanation(debuggee.names, process, explanation);
  return ok(is ? { asked: { expression: text, is }, ...named } : named);
}

/** The same as a text for the console. */
export function explainPlace(debuggee: Debuggee, at: StackFrame, text: string): Result<Evaluated, string> {
  const explained = explanationOf(debuggee, at, text);
  return explained.ok ? ok({ text: wholeExplanation(explained.value).join('\n') }) : explained;
}

function placeAsked(
  { machine, evaluator }: Debuggee,
  at: StackFrame,
  text: string,
): Result<{ readonly process: Process; readonly address: bigint; readonly is?: 'pointer' | 'object' }, string> {
  const here = at.task.process;
  const reference = parseMemoryReference(text);
  if (reference) {
    const process = reference.pid === undefined ? here : machine.process(reference.pid);
    return process ? ok({ process, address: reference.address }) : err(`There is no process ${reference.pid}.`);
  }
  const shown = evaluator.evaluate(at, text);
  if (!shown.ok) return shown;
  const isPointer = shown.value.type?.endsWith('*') === true;
  const object = isPointer ? undefined : evaluator.scalar(at, `&(${text})`);
  const address = object?.ok ? object : evaluator.scalar(at, text);
  if (!address.ok) return address;
  if (typeof address.value !== 'bigint') return err(`${text} is not an address.`);
  const is = isPointer ? 'pointer' : object?.ok ? 'object' : undefined;
  return ok({ process: here, address: BigInt.asUintN(64, address.value), ...(is ? { is } : {}) });
}
