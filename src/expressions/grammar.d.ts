import type { Input, TypeSyntax } from './syntax.ts';

/** What C's grammar has to know of names. */
export interface GrammarOptions {
  readonly isType: (name: string) => boolean;
  readonly isTemplate: (name: string) => boolean;
  readonly isVariable: (name: string) => boolean;
}

/** Throws `SyntaxError`. */
export function parse(text: string, options: GrammarOptions & { readonly startRule: 'Start' }): Input;
export function parse(text: string, options: GrammarOptions & { readonly startRule: 'TypeStart' }): TypeSyntax;

export class SyntaxError extends globalThis.SyntaxError {
  readonly expected: readonly { readonly type: string; readonly description?: string; readonly text?: string }[];
  readonly found: string | null;
  readonly location: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } };
}
