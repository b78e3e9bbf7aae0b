/** Where something stands in the text of an expression: [start, end), from 0. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

type Node<T> = T & { readonly span: Span };

export type BinaryOperator =
  | '||'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '<<'
  | '>>'
  | '@'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type UnaryOperator = '*' | '&' | '+' | '-' | '~' | '!';

/** An integer constant as it is written: digits with their `0x`, and the suffix in small letters. */
export type IntegerSyntax = Node<{ readonly kind: 'integer'; readonly digits: string; readonly suffix: string }>;

/** An expression as it is written: what the grammar makes of a text. */
export type Syntax =
  | IntegerSyntax
  | Node<{ readonly kind: 'float'; readonly digits: string; readonly suffix: '' | 'f' | 'l' }>
  /** Text in UTF-8, without the NUL at its end. */
  | Node<{ readonly kind: 'character' | 'string'; readonly bytes: readonly number[] }>
  /** With its namespaces and classes. */
  | Node<{ readonly kind: 'name'; readonly name: string }>
  /** A name of a source file: `list.c::head`. */
  | Node<{ readonly kind: 'in-file'; readonly file: string; readonly name: string }>
  /** `$name`, without the dollar. */
  | Node<{ readonly kind: 'special'; readonly name: string }>
  | Node<{ readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Syntax }>
  | Node<{ readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Syntax; readonly right: Syntax }>
  | Node<{ readonly kind: 'comma'; readonly left: Syntax; readonly right: Syntax }>
  | Node<{
      readonly kind: 'conditional';
      readonly condition: Syntax;
      readonly then: Syntax;
      readonly otherwise: Syntax;
    }>
  | Node<{
      readonly kind: 'assign';
      /** `=`, or an operator before it. */
      readonly operator: string;
      readonly target: Syntax;
      readonly value: Syntax;
    }>
  | StepSyntax
  | Node<{
      readonly kind: 'cast';
      /** Of one that C++ has a name for. */
      readonly way?: 'static' | 'reinterpret' | 'const' | 'dynamic';
      readonly type: TypeSyntax;
      readonly operand: Syntax;
    }>
  | Node<{ readonly kind: 'sizeof' | 'alignof'; readonly type: TypeSyntax; readonly operand?: undefined }>
  | Node<{ readonly kind: 'sizeof' | 'alignof'; readonly operand: Syntax; readonly type?: undefined }>
  | Node<{ readonly kind: 'index'; readonly object: Syntax; readonly index: Syntax }>
  | MemberSyntax
  | Node<{ readonly kind: 'call'; readonly object: Syntax; readonly given: readonly Syntax[] }>;

export type MemberSyntax = Node<{
  readonly kind: 'member';
  readonly object: Syntax;
  readonly isArrow: boolean;
  readonly member: string;
  readonly memberSpan: Span;
}>;

/** `++` and `--`; what follows the object is in `object`, what it follows in `operand`. */
type StepSyntax =
  | Node<{ readonly kind: 'step'; readonly operator: '++' | '--'; readonly isPrefix: true; readonly operand: Syntax }>
  | Node<{ readonly kind: 'step'; readonly operator: '++' | '--'; readonly isPrefix: false; readonly object: Syntax }>;

/** A type as it is written. */
export type TypeSyntax =
  | Node<{ readonly kind: 'named'; readonly name: string }>
  | Node<{
      readonly kind: 'qualified';
      readonly qualifier: 'const' | 'volatile' | 'restrict';
      readonly target: TypeSyntax;
    }>
  | Node<{ readonly kind: 'pointer'; readonly sigil: '*' | '&' | '&&'; readonly target: TypeSyntax }>
  | Node<{ readonly kind: 'array'; readonly element: TypeSyntax; readonly count?: Syntax }>
  | Node<{
      readonly kind: 'function';
      readonly returns: TypeSyntax;
      readonly parameters: readonly TypeSyntax[];
      readonly isVariadic: boolean;
    }>;

/** A whole input: an expression, and after a comma how to show it or how many elements it stands for. */
export interface Input {
  readonly value: Syntax;
  /** The text of the expression without its format. */
  readonly source: string;
  readonly letter?: string;
  readonly count?: Syntax;
}

/** The syntax of some kinds. */
export type SyntaxOf<K extends Syntax['kind'], S extends Syntax = Syntax> = S extends { readonly kind: infer J }
  ? K extends J
    ? S
    : never
  : never;
