import { Damaged } from '../byte-cursor.ts';
import { Cfa } from './constants.ts';
import type { FrameDescription, FrameInstructions } from './frame-section.ts';

/** How a caller's register is found (DWARF 5, 6.4.1). Offsets are from the CFA, in bytes. */
export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same value' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'value offset'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'value expression'; readonly expression: Uint8Array };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** The rules that hold at one address; registers without a rule are the ABI's business. */
export interface FrameRules {
  readonly cfa: CfaRule | undefined;
  readonly registers: ReadonlyMap<number, RegisterRule>;
}

/** Functions nest DW_CFA_remember_state once or twice. */
const DEEPEST_MEMORY = 64;

/** Runs the call frame instructions of an entry up to `address`. Throws {@link Damaged}. */
export function frameRulesAt(description: FrameDescription, address: number): FrameRules {
  const state = new FrameState(description);
  state.run(description.common.initial, Infinity);
  state.keepInitial();
  state.run(description.instructions, address);
  return state;
}

class FrameState implements FrameRules {
  cfa: CfaRule | undefined;
  registers = new Map<number, RegisterRule>();
  #initial: ReadonlyMap<number, RegisterRule> = new Map();
  readonly #remembered: { cfa: CfaRule | undefined; registers: Map<number, RegisterRule> }[] = [];

  constructor(private readonly description: FrameDescription) {}

  keepInitial(): void {
    this.#initial = new Map(this.registers);
  }

  /** Executes until the location passes `address`. */
  run({ start, end }: FrameInstructions, address: number): void {
    const { section, common, low } = this.description;
    const { codeAlignment, dataAlignment } = common;
    const cursor = section.cursor(start, end);
    let location = low;
    const advance = (delta: number): boolean => (location += delta * codeAlignment) > address;
    while (!cursor.done) {
      const byte = cursor.u8();
      const low6 = byte & 0x3f;
      switch ((byte & 0xc0) as Cfa) {
        case Cfa.AdvanceLoc:
          if (advance(low6)) return;
          continue;
        case Cfa.Offset:
          this.#set(low6, { kind: 'offset', offset: cursor.uleb() * dataAlignment });
          continue;
        case Cfa.Restore:
          this.#restore(low6);
          continue;
        default:
          break;
      }
      switch (byte as Cfa) {
        case Cfa.Nop:
          break;
        case Cfa.SetLoc:
          location = section.pointer(cursor, common.pointerEncoding);
          if (location > address) return;
          break;
        case Cfa.AdvanceLoc1:
          if (advance(cursor.u8())) return;
          break;
        case Cfa.AdvanceLoc2:
          if (advance(cursor.u16())) return;
          break;
        case Cfa.AdvanceLoc4:
          if (advance(cursor.u32())) return;
          break;
        case Cfa.OffsetExtended:
          this.#set(cursor.uleb(), { kind: 'offset', offset: cursor.uleb() * dataAlignment });
          break;
        case Cfa.OffsetExtendedSf:
          this.#set(cursor.uleb(), { kind: 'offset', offset: cursor.sleb() * dataAlignment });
          break;
        case Cfa.GnuNegativeOffsetExtended:
          this.#set(cursor.uleb(), { kind: 'offset', offset: -cursor.uleb() * dataAlignment });
          break;
        case Cfa.ValOffset:
          this.#set(cursor.uleb(), { kind: 'value offset', offset: cursor.uleb() * dataAlignment });
          break;
        case Cfa.ValOffsetSf:
          this.#set(cursor.uleb(), { kind: 'value offset', offset: cursor.sleb() * dataAlignment });
          break;
        case Cfa.RestoreExtended:
          this.#restore(cursor.uleb());
          break;
        case Cfa.Undefined:
          this.#set(cursor.uleb(), { kind: 'undefined' });
          break;
        case Cfa.SameValue:
          this.#set(cursor.uleb(), { kind: 'same value' });
          break;
        case Cfa.Register:
          this.#set(cursor.uleb(), { kind: 'register', register: cursor.uleb() });
          break;
        case Cfa.Expression:
          this.#set(cursor.uleb(), { kind: 'expression', expression: cursor.block(cursor.uleb()) });
          break;
        case Cfa.ValExpression:
          this.#set(cursor.uleb(), { kind: 'value expression', expression: cursor.block(cursor.uleb()) });
          break;
        case Cfa.RememberState:
          if (this.#remembered.length === DEEPEST_MEMORY) throw new Damaged('the unwinding rules nest too deeply');
          this.#remembered.push({ cfa: this.cfa, registers: new Map(this.registers) });
          break;
        case Cfa.RestoreState: {
          const remembered = this.#remembered.pop();
          if (remembered === undefined) throw new Damaged('the unwinding rules restore what they never kept');
          ({ cfa: this.cfa, registers: this.registers } = remembered);
          break;
        }
        case Cfa.DefCfa:
          this.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.uleb() };
          break;
        case Cfa.DefCfaSf:
          this.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.sleb() * dataAlignment };
          break;
        case Cfa.DefCfaRegister:
          // gas starts from a CFA of offset 0 without saying so.
          this.cfa = {
            kind: 'register',
            register: cursor.uleb(),
            offset: this.cfa === undefined ? 0 : this.#registerCfa().offset,
          };
          break;
        case Cfa.DefCfaOffset:
          this.cfa = { ...this.#registerCfa(), offset: cursor.uleb() };
          break;
        case Cfa.DefCfaOffsetSf:
          this.cfa = { ...this.#registerCfa(), offset: cursor.sleb() * dataAlignment };
          break;
        case Cfa.DefCfaExpression:
          this.cfa = { kind: 'expression', expression: cursor.block(cursor.uleb()) };
          break;
        case Cfa.GnuArgsSize:
          cursor.uleb();
          break;
        default:
          throw new Damaged(`the unwinding rules have the unknown instruction 0x${byte.toString(16)}`);
      }
    }
  }

  #set(register: number, rule: RegisterRule): void {
    // Registers beyond x and f (vector, CSR) cannot be restored; keeping their rules would only cost memory.
    if (register < 64) this.registers.set(register, rule);
  }

  #restore(register: number): void {
    const initial = this.#initial.get(register);
    if (initial === undefined) this.registers.delete(register);
    else this.registers.set(register, initial);
  }

  #registerCfa(): { kind: 'register'; register: number; offset: number } {
    if (this.cfa?.kind !== 'register') throw new Damaged('the unwinding rules change a CFA that they never set');
    return this.cfa;
  }
}
