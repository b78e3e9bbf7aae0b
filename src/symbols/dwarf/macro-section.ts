import { Damaged } from '../byte-cursor.ts';
import type { ByteCursor } from '../byte-cursor.ts';
import { readAttribute } from './attribute.ts';
import { MacinfoEntry, MacroEntry } from './constants.ts';
import type { Form } from './constants.ts';
import type { Unit } from './unit.ts';

/** What the preprocessor did, in order, while it read a source file. */
export type MacroEvent =
  /** `text` is that of the directive: `SQ(x) ((x)*(x))`. */
  | { readonly kind: 'define' | 'undef'; readonly line: number; readonly text: string }
  /** A file is included on a line of the one around it; the number is that of the unit's line table. */
  | { readonly kind: 'start'; readonly line: number; readonly file: number }
  | { readonly kind: 'end' };

/** More than any source has; what follows is left out. */
const MOST_EVENTS = 400_000;
/** Imports within imports; compilers nest none. */
const DEEPEST_IMPORT = 16;

/** The preprocessor's directives of a unit: .debug_macro (DWARF 5, 6.3) or .debug_macinfo. What precedes damage is kept. */
export function readMacros(unit: Unit, damaged: (why: string) => void): readonly MacroEvent[] {
  const events: MacroEvent[] = [];
  try {
    const found = unit.macrosAt;
    if (found?.section === 'macro') new MacroReader(unit, events).read(found.offset, 0);
    else if (found) readMacinfo(unit, found.offset, events);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    damaged(error.message);
  }
  return events;
}

class MacroReader {
  readonly #open = new Set<number>();

  constructor(
    private readonly unit: Unit,
    private readonly events: MacroEvent[],
  ) {}

  read(offset: number, depth: number): void {
    if (this.#open.has(offset) || depth > DEEPEST_IMPORT) throw new Damaged('.debug_macro includes itself');
    this.#open.add(offset);
    const { unit, events } = this;
    const { sections } = unit.file;
    const cursor = sections.cursor('macro', offset);
    const version = cursor.u16();
    if (version !== 4 && version !== 5) throw new Damaged(`.debug_macro has version ${version}`);
    const flags = cursor.u8();
    const offsetSize = flags & 1 ? 8 : 4;
    if (flags & 2) cursor.take(offsetSize);
    const others = flags & 4 ? readOperands(cursor) : undefined;
    const widths = { version, addressSize: 8, offsetSize } as const;
    while (events.length < MOST_EVENTS) {
      sections.effort.spend(1);
      const entry: MacroEntry = cursor.u8();
      switch (entry) {
        case MacroEntry.End:
          this.#open.delete(offset);
          return;
        case MacroEntry.Define:
        case MacroEntry.Undef: {
          const line = cursor.uleb();
          events.push({ kind: entry === MacroEntry.Define ? 'define' : 'undef', line, text: cursor.text() });
          break;
        }
        case MacroEntry.DefineStrp:
        case MacroEntry.UndefStrp: {
          const line = cursor.uleb();
          const at = cursor.unsigned(offsetSize);
          // As for parts of their own: gcc refers to names that nothing links.
          if (unit.isSplit) break;
          events.push({
            kind: entry === MacroEntry.DefineStrp ? 'define' : 'undef',
            line,
            text: sections.text('str', at),
          });
          break;
        }
        case MacroEntry.DefineStrx:
        case MacroEntry.UndefStrx: {
          const line = cursor.uleb();
          const text = unit.textOf({ kind: 'text index', index: cursor.uleb() }) ?? '';
          events.push({ kind: entry === MacroEntry.DefineStrx ? 'define' : 'undef', line, text });
          break;
        }
        case MacroEntry.StartFile: {
          const line = cursor.uleb();
          events.push({ kind: 'start', line, file: cursor.uleb() });
          break;
        }
        case MacroEntry.EndFile:
          events.push({ kind: 'end' });
          break;
        case MacroEntry.Import: {
          const part = cursor.unsigned(offsetSize);
          // gcc writes parts of their own for headers, which it cannot refer to in a file that nothing links.
          if (!unit.isSplit || !this.#open.has(part)) this.read(part, depth + 1);
          break;
        }
        // What is in a supplementary file is not read.
        case MacroEntry.DefineSup:
        case MacroEntry.UndefSup:
          cursor.uleb();
          cursor.take(offsetSize);
          break;
        case MacroEntry.ImportSup:
          cursor.take(offsetSize);
          break;
        default: {
          const forms = others?.get(entry);
          if (forms === undefined) throw new Damaged(`.debug_macro has the unknown entry ${String(entry)}`);
          for (const form of forms) readAttribute(cursor, form, 0, widths, 0);
        }
      }
    }
  }
}

/** The operands of the entries that a vendor has added. */
function readOperands(cursor: ByteCursor): ReadonlyMap<number, readonly Form[]> {
  const operands = new Map<number, readonly Form[]>();
  for (let count = cursor.u8(); count > 0; count--) {
    const entry = cursor.u8();
    const forms: Form[] = [];
    for (let left = cursor.uleb(); left > 0; left--) forms.push(cursor.u8());
    operands.set(entry, forms);
  }
  return operands;
}

function readMacinfo(unit: Unit, offset: number, events: MacroEvent[]): void {
  const { sections } = unit.file;
  const cursor = sections.cursor('macinfo', offset);
  while (events.length < MOST_EVENTS && !cursor.done) {
    sections.effort.spend(1);
    const entry: MacinfoEntry = cursor.u8();
    switch (entry) {
      case MacinfoEntry.End:
        return;
      case MacinfoEntry.Define:
      case MacinfoEntry.Undef: {
        const line = cursor.uleb();
        events.push({ kind: entry === MacinfoEntry.Define ? 'define' : 'undef', line, text: cursor.text() });
        break;
      }
      case MacinfoEntry.StartFile: {
        const line = cursor.uleb();
        events.push({ kind: 'start', line, file: cursor.uleb() });
        break;
      }
      case MacinfoEntry.EndFile:
        events.push({ kind: 'end' });
        break;
      case MacinfoEntry.VendorExtension:
        cursor.uleb();
        cursor.skipText();
        break;
      default:
        throw new Damaged(`.debug_macinfo has the unknown entry ${String(entry)}`);
    }
  }
}
