import { ByteCursor } from './byte-cursor.ts';
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { Die } from './dwarf/die.ts';
import { At, Op } from './dwarf/constants.ts';
import { findLocation } from './dwarf/location-list.ts';
import type { Unwinder } from './dwarf/unwinder.ts';
import { registerValue, type Frame } from './frame.ts';
import type { Functions } from './functions.ts';
import type { Type } from './type.ts';
import type { Variable } from './variables.ts';

/** Where a variable is whenever a frame is at one address: in memory at a register and an offset, or in a register. */
export interface SteadyPlace {
  readonly kind: 'memory' | 'register';
  /** `undefined`: the offset is the address itself. */
  readonly register: number | undefined;
  readonly offset: bigint;
}

/** Places of this many variables and addresses are kept. */
const MOST_KEPT = 10_000;

/**
 * Where variables are, found once for each address: a condition is evaluated at the same one a million times. Only what
 * compilers write for nearly all variables is known here; for the rest the whole expression is evaluated each time.
 */
export class SteadyPlaces {
  #known = new WeakMap<Variable, Map<number, SteadyPlace | undefined>>();
  #count = 0;

  constructor(
    private readonly info: DebugInfo,
    private readonly functions: Functions,
    private readonly unwinder: Unwinder,
    private readonly loadBias: number,
  ) {}

  /** @param place a guest address, that of `placeOf` a frame. */
  at(variable: Variable, place: number): SteadyPlace | undefined {
    let places = this.#known.get(variable);
    if (places?.has(place)) return places.get(place);
    if (this.#count++ === MOST_KEPT) {
      this.#known = new WeakMap();
      this.#count = 1;
      places = undefined;
    }
    if (!places) this.#known.set(variable, (places = new Map<number, SteadyPlace | undefined>()));
    const { die, type } = variable;
    const found = isSteady(type) ? this.info.attempt(die.unit, undefined, () => this.#find(die, place)) : undefined;
    places.set(place, found);
    return found;
  }

  #find(die: Die, place: number): SteadyPlace | undefined {
    for (const origin of die.origins()) {
      if (origin.has(At.ConstValue)) return undefined;
      if (origin.has(At.Location)) return this.#placeOf(origin, At.Location, place);
    }
    return undefined;
  }

  /** What an attribute of one operation says. */
  #placeOf(die: Die, attribute: At, place: number): SteadyPlace | undefined {
    const expression = this.#expression(die, attribute, place);
    if (expression === undefined || expression.length === 0) return undefined;
    const cursor = new ByteCursor(expression, 'a location expression');
    const found = this.#operation(cursor, die, attribute, place);
    return cursor.done ? found : undefined;
  }

  #operation(cursor: ByteCursor, die: Die, attribute: At, place: number): SteadyPlace | undefined {
    const op = cursor.u8();
    if (op >= (Op.Reg0 as number) && op <= (Op.Reg31 as number))
      return { kind: 'register', register: op - Op.Reg0, offset: 0n };
    if (op >= (Op.Breg0 as number) && op <= (Op.Breg31 as number))
      return { kind: 'memory', register: op - Op.Breg0, offset: cursor.slebExact() };
    switch (op as Op) {
      case Op.Addr:
        return { kind: 'memory', register: undefined, offset: cursor.u64Exact() + BigInt(this.loadBias) };
      case Op.Addrx:
      case Op.GnuAddrIndex: {
        const address = die.unit.indexedAddress(cursor.uleb());
        return { kind: 'memory', register: undefined, offset: BigInt(address + this.loadBias) };
      }
      case Op.CallFrameCfa: {
        const rule = this.unwinder.cfaRuleAt(place);
        return rule?.kind === 'register'
          ? { kind: 'memory', register: rule.register, offset: BigInt(rule.offset) }
          : undefined;
      }
      case Op.Fbreg: {
        const offset = cursor.slebExact();
        const base = attribute === At.FrameBase ? undefined : this.#frameBase(place);
        return base && { kind: 'memory', register: base.register, offset: base.offset + offset };
      }
      default:
        return undefined;
    }
  }

  /** A function's frame base; one that is a register is what the register holds. */
  #frameBase(place: number): SteadyPlace | undefined {
    const entry = this.functions.at(place - this.loadBias);
    return entry && this.#placeOf(entry.die, At.FrameBase, place);
  }

  #expression(die: Die, attribute: At, place: number): Uint8Array | undefined {
    const value = die.attribute(attribute);
    if (value === undefined) return undefined;
    if (value.kind === 'block') return value.bytes;
    const list = die.unit.locationListAt(value);
    return list === undefined ? undefined : findLocation(die.unit, list, place - this.loadBias);
  }
}

/** The guest address of what is in memory; `undefined` where the register was not saved. */
export function addressIn(frame: Frame, { register, offset }: SteadyPlace): number | undefined {
  if (register === undefined) return Number(offset);
  const base = registerValue(frame.registers, register);
  return base === undefined ? undefined : Number(BigInt.asUintN(64, base + offset));
}

/** Whether a type is the same in every frame: no array in it has a bound that is computed. */
function isSteady(type: Type, depth = 0): boolean {
  if (depth > 32) return true;
  switch (type.kind) {
    case 'typedef':
    case 'qualified':
      return isSteady(type.target, depth + 1);
    case 'array':
      return type.bound === undefined && isSteady(type.element, depth + 1);
    default:
      return true;
  }
}
