import { StateOffset } from '../cpu/hart-state.ts';
import { highWord } from '../memory/address.ts';

/** A copy of saved registers with some of them changed: how a new task starts. */
export function withRegisters(
  context: Uint8Array,
  changes: { readonly pc: number; readonly x: readonly (readonly [number, number])[] },
): Uint8Array {
  const copy = context.slice();
  const view = new DataView(copy.buffer);
  const put = (at: number, value: number): void => {
    view.setInt32(at, value | 0, true);
    view.setInt32(at + 4, highWord(value), true);
  };
  put(StateOffset.Pc, changes.pc);
  for (const [index, value] of changes.x) put(StateOffset.X + index * 8, value);
  return copy;
}

/** x2 and x4 (psABI, "Register Convention"). */
export const SP = 2;
export const TP = 4;
