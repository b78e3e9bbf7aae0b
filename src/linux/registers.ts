import { StateOffset } from '../cpu/hart-state.ts';
import { highWord } from '../memory/address.ts';

/** Changes some of the saved registers, in place: how a new task starts. */
export function withRegisters(
  context: Uint8Array,
  changes: { readonly pc: number; readonly x: readonly (readonly [number, number])[] },
): Uint8Array {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  const put = (at: number, value: number): void => {
    view.setInt32(at, value | 0, true);
    view.setInt32(at + 4, highWord(value), true);
  };
  put(StateOffset.Pc, changes.pc);
  for (const [index, value] of changes.x) put(StateOffset.X + index * 8, value);
  return context;
}

/** x2 and x4 (psABI, "Register Convention"). */
export const SP = 2;
export const TP = 4;
