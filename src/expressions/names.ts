import type { Result } from '../result.ts';
import type { Frame } from '../symbols/frame.ts';
import type { Unavailable } from '../symbols/storage.ts';
import type { Type } from '../symbols/type.ts';
import type { MacroDefinition } from './macros.ts';
import type { Place, Scalar } from './values.ts';

/** When and where a compiled expression is evaluated. */
export interface Moment {
  readonly frame: Frame;
  /** Writes an object where it is. The error is a sentence without its full stop. */
  readonly store: (place: Place, bytes: Uint8Array) => Result<void, string>;
}

/** A value that is more than its number: how a view shows it. */
export interface Presentation {
  readonly text: string;
  readonly parts?: readonly { readonly name: string; readonly value: string }[];
}

/** What a name stands for. */
export type Meaning<M extends Moment> =
  /** Something with a place; an array's type may have its bounds only there. */
  | { readonly kind: 'object'; readonly type: Type; readonly locate: (moment: M) => Place | Unavailable }
  /** A number that the debugger knows. */
  | {
      readonly kind: 'value';
      readonly type: Type;
      /** How many bits it needs, where it is promoted as a bit field is: an enumerator that fits is an int in C. */
      readonly bits?: number;
      readonly read: (moment: M) => Scalar | Unavailable;
      readonly present?: (moment: M, value: Scalar) => Presentation;
      readonly write?: (moment: M, value: Scalar) => Result<void, string>;
    }
  /** Text that the debugger knows. */
  | {
      readonly kind: 'text';
      readonly read: (moment: M) => string | Unavailable;
      readonly present?: (moment: M, value: string) => Presentation;
    };

/** A function of the debugger's own, of one address. */
export interface BuiltIn<M extends Moment> {
  /** What the name means once it is called with this address, an unsigned 64-bit integer. */
  readonly call: (address: (moment: M) => bigint) => Meaning<M>;
}

/** What names mean where an expression is compiled. */
export interface Names<M extends Moment> {
  /** A variable, an enumerator, a function or a symbol, with its namespaces. */
  object(name: string): Meaning<M> | undefined;
  /** The object of this name in a source file, or the static variable of a function or a class. */
  within(scope: string, name: string): Meaning<M> | undefined;
  /** `$name`. */
  special(name: string): Meaning<M> | undefined;
  builtIn(name: string): BuiltIn<M> | undefined;
  /** A macro that is defined where the expression is evaluated. */
  macro(name: string): MacroDefinition | undefined;
  /** What a function of the program returns that takes nothing and only computes an address: `__errno_location`. */
  pure(name: string): Meaning<M> | undefined;
  type(name: string): Type | undefined;
  /** Whether `name` is a type here: there is one, and no variable hides it. */
  isType(name: string): boolean;
  /** Whether there is a class template of this name, without its namespace. */
  isTemplate(name: string): boolean;
  /** Names that a misspelled one may have meant. */
  similar(kind: 'object' | 'special' | 'type'): Iterable<string>;
}
