import { At, Tag } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import { registerOf } from './dwarf/expression.ts';

/** Deeper nesting than any source has; what lies below is left out. */
const DEEPEST = 100;

/** The description of the call in a function that returns to `returnAddress` (DWARF 5, 3.4). Throws `Damaged`. */
export function findCallSite(within: Die, returnAddress: number, depth = 0): Die | undefined {
  for (const child of within.children())
    switch (child.tag) {
      case Tag.CallSite:
        if (child.address(At.CallReturnPc) === returnAddress) return child;
        break;
      // gcc's form of it before DWARF 5 keeps the return address in DW_AT_low_pc.
      case Tag.GnuCallSite:
        if (child.address(At.LowPc) === returnAddress) return child;
        break;
      case Tag.LexicalBlock:
      case Tag.InlinedSubroutine: {
        const found = depth < DEEPEST ? findCallSite(child, returnAddress, depth + 1) : undefined;
        if (found !== undefined) return found;
        break;
      }
      default:
        break;
    }
  return undefined;
}

/** Whether the call is known to go to `callee` itself, so that what it passes is what the function got. */
export function isCallOf(callSite: Die, callee: Die): boolean {
  const called = callSite.reference(At.CallOrigin) ?? callSite.reference(At.AbstractOrigin);
  if (called === undefined) return false;
  const instances = new Set([...callee.origins()].map(({ offset }) => offset));
  for (const origin of called.origins()) if (instances.has(origin.offset)) return true;
  // A function of another source file is only declared here.
  const name = linkageName(called);
  return name !== undefined && name === linkageName(callee);
}

/** The expression for the value that a register has when the call is made. */
export function passedValue(callSite: Die, register: number): Uint8Array | undefined {
  for (const child of callSite.children()) {
    if (child.tag !== Tag.CallSiteParameter && child.tag !== Tag.GnuCallSiteParameter) continue;
    const place = child.attribute(At.Location);
    if (place?.kind !== 'block' || place.bytes.length === 0) continue;
    if (registerOf(place.bytes)?.register !== register) continue;
    const value = child.attribute(At.CallValue) ?? child.attribute(At.GnuCallSiteValue);
    return value?.kind === 'block' ? value.bytes : undefined;
  }
  return undefined;
}

function linkageName(die: Die): string | undefined {
  for (const origin of die.origins()) {
    const name = origin.text(At.LinkageName) ?? origin.text(At.Name);
    if (name !== undefined) return name;
  }
  return undefined;
}
