/** What one letter stands for (Itanium C++ ABI, 5.1.5.2). */
const BUILTIN: Readonly<Record<string, string>> = {
  v: 'void',
  w: 'wchar_t',
  b: 'bool',
  c: 'char',
  a: 'signed char',
  h: 'unsigned char',
  s: 'short',
  t: 'unsigned short',
  i: 'int',
  j: 'unsigned int',
  l: 'long',
  m: 'unsigned long',
  x: 'long long',
  y: 'unsigned long long',
  n: '__int128',
  o: 'unsigned __int128',
  f: 'float',
  d: 'double',
  e: 'long double',
  g: '__float128',
  z: '...',
  Dd: 'decimal64',
  De: 'decimal128',
  Df: 'decimal32',
  Dh: 'half',
  Di: 'char32_t',
  Ds: 'char16_t',
  Du: 'char8_t',
  Da: 'auto',
  Dn: 'decltype(nullptr)',
};
/** Abbreviations of the standard library (5.1.8). */
const STANDARD: Readonly<Record<string, string>> = {
  Sa: 'std::allocator',
  Sb: 'std::basic_string',
  Ss: 'std::string',
  Si: 'std::istream',
  So: 'std::ostream',
  Sd: 'std::iostream',
};
/** How numbers of a type are followed in the source. */
const SUFFIX: Readonly<Record<string, string>> = { j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' };
const [LONGEST, DEEPEST, MOST_PIECES] = [4096, 64, 2000];

/** Thrown within this file for what is no type, or has expressions in it, which names of classes seldom have. */
class NotRead extends Error {}

/**
 * The name in the source of a type by its mangled name, as `std::type_info` has it: `3BoxIiE` is `Box<int>`. Undefined for
 * what is no such name.
 */
export function demangledType(mangled: string): string | undefined {
  if (mangled.length > LONGEST) return undefined;
  try {
    const reader = new TypeReader(mangled);
    const name = reader.type();
    return reader.isAtEnd ? name : undefined;
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}

/** A type as a declaration is built: what stands left and right of the name. */
interface Declared {
  readonly left: string;
  readonly right: string;
  readonly kind?: 'function' | 'array';
}

class TypeReader {
  #at = 0;
  #depth = 0;
  #pieces = 0;
  readonly #known: Declared[] = [];
  /** Those of the function template whose parameters are read. */
  #arguments: readonly string[] = [];
  #lastArguments: readonly string[] = [];

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.#at === this.text.length;
  }

  type(): string {
    return textOf(this.#type());
  }

  #type(): Declared {
    if (++this.#depth > DEEPEST || ++this.#pieces > MOST_PIECES) throw new NotRead();
    const type = this.#bareType();
    this.#depth--;
    return type;
  }

  #bareType(): Declared {
    const letter = this.text[this.#at];
    const two = this.text.slice(this.#at, this.#at + 2);
    const builtin = Object.hasOwn(BUILTIN, two) ? two : Object.hasOwn(BUILTIN, letter ?? '') ? letter : undefined;
    if (builtin) {
      this.#at += builtin.length;
      return { left: BUILTIN[builtin], right: '' };
    }
    switch (letter) {
      case 'P':
        return this.#pointer('*');
      case 'R':
        return this.#pointer('&');
      case 'O':
        return this.#pointer('&&');
      case 'K':
      case 'V':
      case 'r':
        return this.#qualified();
      case 'F':
        return this.#remember(this.#functionType());
      case 'A':
        return this.#remember(this.#arrayType());
      case 'M': {
        this.#at++;
        return this.#remember(pointedBy(` ${this.type()}::*`, this.#type()));
      }
      case 'T':
        return this.#remember(named(this.#templateParameter()));
      case 'D':
        if (two !== 'Do') throw new NotRead();
        this.#at += 2;
        return this.#remember(this.#functionType());
      case 'S':
        if (two !== 'St') {
          const known = this.#substitution();
          return this.text[this.#at] === 'I' ? this.#remember(named(textOf(known) + this.#templateArguments())) : known;
        }
    }
    return named(this.#className());
  }

  #pointer(sigil: string): Declared {
    this.#at++;
    return this.#remember(pointedBy(sigil, this.#type()));
  }

  #qualified(): Declared {
    const [letters] = /^r?V?K?/.exec(this.text.slice(this.#at))!;
    if (letters === '') throw new NotRead();
    this.#at += letters.length;
    const { left, right, kind } = this.#type();
    const words = `${letters.includes('K') ? ' const' : ''}${letters.includes('V') ? ' volatile' : ''}`;
    return this.#remember(
      kind === 'function' ? { left, right: right + words, kind } : { left: left + words, right, ...(kind && { kind }) },
    );
  }

  #functionType(): Declared {
    this.#expect('F');
    this.#skip('Y');
    const returns = this.type();
    const parameters = this.#parameters();
    return { left: returns, right: ` (${parameters})`, kind: 'function' };
  }

  #parameters(): string {
    const types: string[] = [];
    while (!this.#skip('E')) {
      if (this.#skip('RE')) return types.join(', ');
      types.push(this.type());
    }
    return types.join(', ').replace(/^void$/, '');
  }

  #arrayType(): Declared {
    this.#expect('A');
    const [count] = /^\d*/.exec(this.text.slice(this.#at))!;
    this.#at += count.length;
    this.#expect('_');
    const { left, right } = this.#type();
    return { left, right: ` [${count}]${right.trimStart()}`, kind: 'array' };
  }

  /** The name of a class or an enumeration. */
  #className(): string {
    if (this.#skip('N')) return this.#nested();
    if (this.#skip('Z')) return this.#rememberName(this.#local());
    let name = this.#skip('St') ? `std::${this.#plain()}` : this.#plain();
    if (this.text[this.#at] === 'I') {
      this.#rememberName(name);
      name += this.#templateArguments();
    }
    return this.#rememberName(name);
  }

  #nested(): string {
    for (const qualifier of 'rVK') this.#skip(qualifier);
    let name = '';
    for (let isFirst = true; !this.#skip('E'); isFirst = false) {
      const letter = this.text[this.#at];
      if (letter === 'S' && isFirst && !this.text.startsWith('St', this.#at)) {
        name = textOf(this.#substitution());
        continue;
      }
      if (letter === 'I' && !isFirst) name += this.#templateArguments();
      else if (this.#skip('St')) {
        name = 'std';
        continue;
      } else name += `${name === '' ? '' : '::'}${this.#plain()}`;
      this.#rememberName(name);
    }
    return name;
  }

  /** A class that is declared in a function. */
  #local(): string {
    const around = this.#encoding();
    this.#expect('E');
    const name = this.#skip('N') ? this.#nested() : this.#plain();
    this.#discriminator();
    return `${around}::${name}${this.text[this.#at] === 'I' ? this.#templateArguments() : ''}`;
  }

  /** A function with its parameters. */
  #encoding(): string {
    if (++this.#depth > DEEPEST) throw new NotRead();
    const isNested = this.text[this.#at] === 'N';
    const isConstant = isNested && /^Nr?V?K/.test(this.text.slice(this.#at));
    const name = this.#className();
    // The name of a function is none of a type.
    this.#known.pop();
    // What a template returns is part of its name.
    const isTemplate = name.endsWith('>');
    const before = this.#arguments;
    if (isTemplate) this.#arguments = this.#lastArguments;
    if (isTemplate && this.text[this.#at] !== 'E') this.type();
    const types: string[] = [];
    while (this.#at < this.text.length && this.text[this.#at] !== 'E') types.push(this.type());
    this.#depth--;
    this.#arguments = before;
    const parameters = types.join(', ').replace(/^void$/, '');
    return types.length === 0 ? name : `${name}(${parameters})${isConstant ? ' const' : ''}`;
  }

  /** One name without its scope. */
  #plain(): string {
    this.#skip('L');
    const rest = this.text.slice(this.#at);
    const [digits] = /^\d+/.exec(rest) ?? [];
    let name: string;
    if (digits !== undefined) {
      const length = Number(digits);
      name = rest.slice(digits.length, digits.length + length);
      if (name.length !== length || length === 0) throw new NotRead();
      this.#at += digits.length + length;
      if (name.startsWith('_GLOBAL__N')) name = '(anonymous namespace)';
    } else if (this.#skip('Ut')) {
      name = `{unnamed type#${this.#number()}}`;
    } else if (this.#skip('Ul')) {
      const parameters = this.#parameters();
      name = `{lambda(${parameters})#${this.#number()}}`;
    } else throw new NotRead();
    while (this.#skip('B')) name += `[abi:${this.#plain()}]`;
    return name;
  }

  /** Of several without a name: they are counted from `_`. */
  #number(): number {
    const [digits] = /^\d*/.exec(this.text.slice(this.#at))!;
    this.#at += digits.length;
    this.#expect('_');
    return digits === '' ? 1 : Number(digits) + 2;
  }

  #discriminator(): void {
    const [found] = /^_(?:_\d+_|\d)/.exec(this.text.slice(this.#at)) ?? [''];
    this.#at += found.length;
  }

  #templateArguments(): string {
    this.#expect('I');
    const all = this.#argumentList();
    this.#lastArguments = all;
    return `<${all.join(', ')}${all.at(-1)?.endsWith('>') ? ' ' : ''}>`;
  }

  #argumentList(): string[] {
    const all: string[] = [];
    while (!this.#skip('E')) {
      if (this.#skip('J')) all.push(...this.#argumentList());
      else if (this.#skip('L')) all.push(this.#literal());
      else if (this.#skip('XadL_Z')) all.push(this.#addressOf());
      else all.push(this.type());
    }
    return all;
  }

  #templateParameter(): string {
    const [all, digits] = /^T(\d*)_/.exec(this.text.slice(this.#at)) ?? [];
    const found = all === undefined ? undefined : this.#arguments[digits === '' ? 0 : Number(digits) + 1];
    if (all === undefined || found === undefined) throw new NotRead();
    this.#at += all.length;
    return found;
  }

  /** The address of a variable or a function. */
  #addressOf(): string {
    const name = this.#encoding();
    this.#expect('EE');
    return name.endsWith(')') ? `&(${name})` : `&${name}`;
  }

  /** A value of an integer type or an enumeration. */
  #literal(): string {
    const letter = this.text[this.#at];
    const type = this.type();
    const [digits] = /^n?\d*/.exec(this.text.slice(this.#at))!;
    this.#at += digits.length;
    this.#expect('E');
    const number = digits.replace('n', '-');
    if (letter === 'b') return number === '0' ? 'false' : 'true';
    if (letter === 'i') return number;
    return Object.hasOwn(SUFFIX, letter) ? number + SUFFIX[letter] : `(${type})${number}`;
  }

  #substitution(): Declared {
    const two = this.text.slice(this.#at, this.#at + 2);
    if (Object.hasOwn(STANDARD, two)) {
      this.#at += 2;
      return named(STANDARD[two]);
    }
    const [all, digits] = /^S([0-9A-Z]*)_/.exec(this.text.slice(this.#at)) ?? [];
    if (all === undefined) throw new NotRead();
    this.#at += all.length;
    const known = this.#known[digits === '' ? 0 : parseInt(digits, 36) + 1];
    if (known === undefined || textOf(known).length > LONGEST) throw new NotRead();
    return known;
  }

  #remember(type: Declared): Declared {
    if (textOf(type).length > LONGEST) throw new NotRead();
    this.#known.push(type);
    return type;
  }

  #rememberName(name: string): string {
    this.#remember(named(name));
    return name;
  }

  #skip(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    if (!this.#skip(text)) throw new NotRead();
  }
}

/** A pointer of some kind to a type. */
function pointedBy(sigil: string, { left, right, kind }: Declared): Declared {
  if (kind === undefined) return { left: left + sigil, right };
  return { left: `${left} (${sigil.trimStart()}`, right: `)${kind === 'function' ? right.trimStart() : right}` };
}

function named(name: string): Declared {
  return { left: name, right: '' };
}

function textOf({ left, right }: Declared): string {
  return left + right;
}

/** The name of a type as people write it: `std::string` for what that stands for, and no namespaces of versions. */
export function shortTypeName(name: string): string {
  return name
    .replaceAll('std::__1::', 'std::')
    .replaceAll(/std::(?:__cxx11::)?basic_string<char, std::char_traits<char>, std::allocator<char> ?>/g, 'std::string')
    .replaceAll('std::string >', 'std::string>');
}
