import type { DebugInfo } from './dwarf/debug-info.ts';
import { readMacros } from './dwarf/macro-section.ts';
import type { MacroEvent } from './dwarf/macro-section.ts';
import type { Unit } from './dwarf/unit.ts';
import type { SourcePosition } from './functions.ts';
import type { LineTable } from './line-table.ts';

/** A macro as its `#define` has it. */
export interface Macro {
  readonly name: string;
  /** Absent for those that are no functions. */
  readonly parameters?: readonly string[];
  /** Whether the last parameter takes all arguments that are left: `...` (then called `__VA_ARGS__`), or `rest...`. */
  readonly isVariadic: boolean;
  readonly body: string;
  readonly line: number;
}

/** The macros that are defined at a line of a source. */
export interface MacroScope {
  macro(name: string): Macro | undefined;
  names(): Iterable<string>;
}

/** What one source file's compilation defined. */
interface UnitMacros {
  readonly events: readonly MacroEvent[];
  /** For each name the numbers of the events that define or undefine it, in order. */
  readonly byName: ReadonlyMap<string, readonly number[]>;
}

/** The macros of the sources (`-g3`), where they hold: from their `#define` to their `#undef`. */
export class Macros {
  readonly #units = new Map<Unit, UnitMacros>();
  /** The numbers of events before which lines lie. */
  readonly #places = new Map<string, number>();

  constructor(
    private readonly info: DebugInfo,
    private readonly lines: LineTable,
  ) {}

  /** Macros at a line of the source file whose code is at `address`; undefined where none are described. */
  at(address: number, place: SourcePosition | undefined): MacroScope | undefined {
    const unit = this.info.unitAt(address);
    const macros = unit && this.#of(unit);
    if (!unit || !macros) return undefined;
    const { events, byName } = macros;
    const end = this.#placeOf(unit, events, place);
    const defined = (name: string): Macro | undefined => {
      const last = byName.get(name)?.findLast((number) => number < end);
      const event = last === undefined ? undefined : events[last];
      return event?.kind === 'define' ? parseMacro(event.text, event.line) : undefined;
    };
    return {
      macro: defined,
      *names() {
        for (const name of byName.keys()) if (defined(name)) yield name;
      },
    };
  }

  #of(unit: Unit): UnitMacros | undefined {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    if (!this.info.attempt(unit, undefined, () => unit.macrosAt)) return undefined;
    const events = readMacros(unit, (why) => this.info.warnDamaged(unit, why));
    const byName = new Map<string, number[]>();
    events.forEach((event, number) => {
      if (event.kind !== 'define' && event.kind !== 'undef') return;
      const name = nameOf(event.text);
      const list = byName.get(name);
      if (list) list.push(number);
      else byName.set(name, [number]);
    });
    const macros = { events, byName };
    this.#units.set(unit, macros);
    return macros;
  }

  /**
   * The number of the first event that is behind a line. A file that is included often counts where it is included least
   * deeply; in one that is not known, everything holds that the compilation defined.
   */
  #placeOf(unit: Unit, events: readonly MacroEvent[], place: SourcePosition | undefined): number {
    if (place === undefined) return events.length;
    const key = `${unit.offset} ${place.file}:${place.line}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    let found = events.length;
    let least = Infinity;
    let depth = 0;
    /** How deep the file that is looked for lies, while it is being read. */
    let open: number | undefined;
    events.forEach((event, number) => {
      if (open === depth && (event.kind === 'end' || event.line > place.line)) {
        found = number;
        open = undefined;
      }
      if (event.kind === 'start') {
        depth++;
        if (depth < least && this.lines.fileName(unit, event.file) === place.file) {
          least = depth;
          open = depth;
          found = events.length;
        }
      } else if (event.kind === 'end') depth--;
    });
    this.#places.set(key, found);
    return found;
  }
}

function nameOf(text: string): string {
  return /^[^\s(]*/.exec(text)![0];
}

/** A macro from the text behind `#define`: the parameters of a function follow its name without a space. */
function parseMacro(text: string, line: number): Macro {
  const name = nameOf(text);
  const rest = text.slice(name.length);
  if (!rest.startsWith('(')) return { name, isVariadic: false, body: rest.trim(), line };
  const end = rest.indexOf(')');
  const list = rest.slice(1, end < 0 ? undefined : end).trim();
  const written = list === '' ? [] : list.split(',').map((parameter) => parameter.trim());
  const isVariadic = written.at(-1)?.endsWith('...') ?? false;
  const parameters = written.map((parameter) =>
    parameter === '...' ? '__VA_ARGS__' : parameter.replace(/\s*\.\.\.$/, ''),
  );
  return { name, parameters, isVariadic, body: end < 0 ? '' : rest.slice(end + 1).trim(), line };
}
