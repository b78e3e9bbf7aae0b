import type { AddressRange } from './range-index.ts';
import { At, Tag } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import type { FunctionEntry } from './dwarf/unit-contents.ts';

/** A function, a block in it, or another function's body inlined into it. */
export interface Scope {
  readonly kind: 'function' | 'block' | 'inlined';
  readonly die: Die;
  readonly ranges: readonly AddressRange[];
  readonly parameters: readonly Die[];
  readonly variables: readonly Die[];
  readonly inner: readonly Scope[];
}

/** Deeper nesting than any source has; what lies below is left out. */
const DEEPEST = 100;

/** The scopes of a function, blocks without code left out. Throws `Damaged`. */
export function readScopes(entry: FunctionEntry): Scope {
  return readScope(entry.die, 'function', entry.ranges, 0);
}

/** The scopes that hold `address`, innermost first. */
export function scopesAt(root: Scope, address: number): Scope[] {
  const chain: Scope[] = [];
  for (let scope: Scope | undefined = root; scope !== undefined;) {
    chain.unshift(scope);
    scope = scope.inner.find(({ ranges }) => ranges.some(({ low, high }) => address >= low && address < high));
  }
  return chain;
}

function readScope(die: Die, kind: Scope['kind'], ranges: readonly AddressRange[], depth: number): Scope {
  const parameters: Die[] = [];
  const variables: Die[] = [];
  const inner: Scope[] = [];
  const collect = (from: Die, below: number): void => {
    for (const child of from.children())
      switch (child.tag) {
        case Tag.FormalParameter:
          parameters.push(child);
          break;
        case Tag.Variable:
          variables.push(child);
          break;
        case Tag.LexicalBlock:
        case Tag.InlinedSubroutine: {
          if (below === DEEPEST) break;
          const isInlined = child.tag === Tag.InlinedSubroutine;
          const code = child.unit.rangesOf(child);
          if (code.length > 0) inner.push(readScope(child, isInlined ? 'inlined' : 'block', code, below + 1));
          // gcc gives some blocks no addresses of their own; what they declare belongs to the enclosing scope.
          else if (!isInlined) collect(child, below + 1);
          break;
        }
        default:
          break;
      }
  };
  collect(die, depth);
  inherit(die, parameters, variables, inner);
  return { kind, die, ranges, parameters, variables, inner };
}

/**
 * Adds what an inlined or out-of-line instance does not repeat of the function that it is an instance of (DWARF 5,
 * 3.3.8.2): static variables, and those that are optimised out here.
 */
function inherit(instance: Die, parameters: Die[], variables: Die[], inner: readonly Scope[]): void {
  const abstract = instance.reference(At.AbstractOrigin);
  if (abstract === undefined) return;
  const repeated = new Set<number | undefined>();
  const note = (dies: readonly Die[]): void =>
    dies.forEach((die) => repeated.add(die.reference(At.AbstractOrigin)?.offset));
  // gcc may put what belongs to the whole instance into a block of it.
  const noteBlocks = (scopes: readonly Scope[]): void =>
    scopes.forEach((scope) => {
      note(scope.variables);
      if (scope.kind === 'block') noteBlocks(scope.inner);
    });
  note(parameters);
  note(variables);
  noteBlocks(inner);
  for (const child of abstract.children()) {
    if (repeated.has(child.offset)) continue;
    if (child.tag === Tag.Variable) variables.push(child);
    else if (child.tag === Tag.FormalParameter) parameters.push(child);
  }
}
