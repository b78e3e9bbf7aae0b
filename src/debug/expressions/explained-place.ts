import { explainAddress, wholeExplanation, type AddressExplanation } from '../../inspect/explain.ts';
import { toHex, USER_END, virtAddr } from '../../memory/address.ts';
import { err, ok, type Result } from '../../result.ts';
import { namedExplanation } from '../../program/names/named-views.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import type { Debuggee } from '../debuggee.ts';
import type { Evaluated } from './shown-value.ts';
import { typedAddress } from './typed-address.ts';

/** What there is to say of an address, a pointer's target, or where an object is. An error is a sentence. */
export function explanationOf(debuggee: Debuggee, at: StackFrame, text: string): Result<AddressExplanation, string> {
  const asked = typedAddress(debuggee, at, text);
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
