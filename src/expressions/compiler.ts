import { inBytes, inMemory, within, type Unavailable } from '../symbols/storage.ts';
import type { ReadMemory } from '../symbols/frame.ts';
import { stringText } from '../symbols/scalar.ts';
import { activeCase } from '../symbols/variants.ts';
import { sizeOf, stripped, typeName, VOID, type StructType, type Type } from '../symbols/type.ts';
import {
  BOOL,
  builtInType,
  CHAR,
  constantType,
  DOUBLE,
  FLOAT,
  INT,
  isInteger,
  isPointer,
  isScalar,
  LONG_DOUBLE,
  pointerTo,
  UNSIGNED_LONG,
} from './c-types.ts';
import { distance, findBase, findMember, follow, memberNames, type MemberPath } from './members.ts';
import { libraryCall, libraryElement, libraryTarget } from './library.ts';
import type { Meaning, Moment, Names } from './names.ts';
import { addressOf, converted, placeOf, textPlace, truthOf, valueOf, type Node } from './node.ts';
import { Operators } from './operators.ts';
import { suggestion, unknownSpecialText, Wrong } from './problem.ts';
import type { IntegerSyntax, MemberSyntax, Span, Syntax, TypeSyntax } from './syntax.ts';
import { encode, load, rounded, sentence, withField, type Place, type Scalar } from './values.ts';

type NodeOf<K extends Syntax['kind'], S extends Syntax = Syntax> = S extends { readonly kind: infer J }
  ? K extends J
    ? S
    : never
  : never;

/** Names that are keywords or macros of a language, unless the program has a variable of the name. */
const CONSTANTS: ReadonlyMap<string, Meaning<Moment>> = new Map([
  ['true', constantMeaning(BOOL, 1n)],
  ['false', constantMeaning(BOOL, 0n)],
  ['nullptr', constantMeaning(pointerTo(VOID), 0n)],
  ['NULL', constantMeaning(pointerTo(VOID), 0n)],
]);

function constantMeaning(type: Type, value: Scalar): Meaning<Moment> {
  return { kind: 'value', type, read: () => value };
}

/** More elements than a view can page through are a mistake. */
const MOST_ELEMENTS = 1_000_000;

/** Turns syntax into nodes that can be run; throws `Wrong` where C has no meaning for it. */
export class Compiler<M extends Moment> {
  readonly #names: Names<M>;
  readonly #mayAssign: boolean;
  readonly #now: M | undefined;
  readonly #operators: Operators<M>;
  /** Whether what was compiled changes the program. */
  hasEffects = false;

  /** @param now when the expression will be evaluated, if that is known already: it decides between alternatives. */
  constructor(names: Names<M>, mayAssign: boolean, now?: M) {
    this.#names = names;
    this.#mayAssign = mayAssign;
    this.#now = now;
    this.#operators = new Operators();
  }

  node(syntax: Syntax): Node<M> {
    const { span } = syntax;
    switch (syntax.kind) {
      case 'integer':
        return this.#integer(syntax);
      case 'float': {
        const type = syntax.suffix === 'f' ? FLOAT : syntax.suffix === 'l' ? LONG_DOUBLE : DOUBLE;
        return constant(type, rounded(parseFloating(syntax.digits), type), span);
      }
      case 'character': {
        if (syntax.bytes.length !== 1)
          throw new Wrong('It is more than one character: write text in double quotes', span);
        return constant(CHAR, BigInt(syntax.bytes[0]), span);
      }
      case 'string': {
        const place = textPlace(Uint8Array.from(syntax.bytes));
        return { type: place.type, span, isPlace: true, isText: true, run: () => place };
      }
      case 'name':
        return this.#name(syntax);
      case 'in-file': {
        const meaning = this.#names.within(syntax.file, syntax.name);
        if (!meaning) throw new Wrong(`There is no variable or function ${syntax.name} in ${syntax.file}`, span);
        return this.#meant(meaning, syntax.name, span);
      }
      case 'special': {
        const meaning = this.#names.special(syntax.name);
        if (meaning) return this.#meant(meaning, `$${syntax.name}`, span);
        throw new Wrong(unknownSpecialText(syntax.name, this.#names.similar('special')), span);
      }
      case 'unary':
        return this.#unary(syntax);
      case 'binary':
        if (syntax.operator === '@') return this.#repeat(syntax.left, syntax.right, span);
        return this.#operators.binary(syntax.operator, this.node(syntax.left), this.node(syntax.right), span);
      case 'comma': {
        const left = this.node(syntax.left);
        const right = this.node(syntax.right);
        return {
          ...right,
          span,
          run: (moment) => {
            left.run(moment);
            return right.run(moment);
          },
        };
      }
      case 'conditional':
        return this.#conditional(syntax);
      case 'assign':
        return this.#assign(syntax);
      case 'step':
        return this.#step(syntax);
      case 'cast':
        return this.#cast(this.type(syntax.type), this.node(syntax.operand), span);
      case 'sizeof':
      case 'alignof':
        return this.#sizeof(syntax);
      case 'index': {
        const object = this.node(syntax.object);
        const index = this.node(syntax.index);
        return libraryElement(object, index, span) ?? this.#element(object, index, span);
      }
      case 'member':
        return this.#member(syntax);
      case 'call':
        return this.#call(syntax);
    }
  }

  type(syntax: TypeSyntax): Type {
    switch (syntax.kind) {
      case 'named': {
        const type = builtInType(syntax.name) ?? this.#names.type(syntax.name);
        if (type) return type;
        const similar = suggestion(syntax.name, this.#names.similar('type'));
        throw new Wrong(`There is no type ${syntax.name}${similar}`, syntax.span);
      }
      case 'qualified':
        return { kind: 'qualified', qualifier: syntax.qualifier, target: this.type(syntax.target) };
      case 'pointer':
        return { kind: 'pointer', sigil: syntax.sigil, size: 8, target: this.type(syntax.target) };
      case 'array': {
        const count = syntax.count && this.#constantCount(syntax.count);
        return { kind: 'array', element: this.type(syntax.element), count };
      }
      case 'function':
        return {
          kind: 'function',
          returns: this.type(syntax.returns),
          parameters: syntax.parameters.map((parameter) => this.type(parameter)),
          isVariadic: syntax.isVariadic,
        };
    }
  }

  /** The first `count` elements of an array, or of the array that a pointer points into: `p,10`. */
  elements(node: Node<M>, count: Syntax): Node<M> {
    const { type } = valueOf(node);
    if (!isPointer(type)) throw new Wrong('Only arrays and pointers have elements to count', node.span);
    return this.#repeated(this.#followed(node, node.span), count, node.span);
  }

  #integer({ digits, suffix, span }: IntegerSyntax): Node<M> {
    const isOctal = /^0[0-9]+$/.test(digits);
    if (isOctal && /[89]/.test(digits)) throw new Wrong(`${digits} is octal, and has a digit that octal has not`, span);
    const value = BigInt(isOctal ? `0o${digits}` : digits.toLowerCase());
    const type = constantType(value, /^[1-9]/.test(digits), suffix);
    if (!type) throw new Wrong(`${digits} does not fit in 64 bits`, span);
    return constant(type, value, span);
  }

  #name({ name, span }: NodeOf<'name'>): Node<M> {
    const meaning = this.#names.object(name) ?? this.#ofThis(name, span) ?? this.#scoped(name) ?? CONSTANTS.get(name);
    if (meaning) return 'run' in meaning ? meaning : this.#meant(meaning, name, span);
    if (this.#names.isType(name)) throw new Wrong(`${name} is a type, not a value`, span);
    if (this.#names.builtIn(name)) throw new Wrong(`${name} is a function: write ${name}(address)`, span);
    const similar = suggestion(name, this.#names.similar('object'));
    throw new Wrong(`There is no variable, function or symbol called ${name} here${similar}`, span);
  }

  /** In a member function a name may be one of its object. */
  #ofThis(name: string, span: Span): Node<M> | undefined {
    const self = name === 'this' ? undefined : this.#names.object('this');
    const target = self?.kind === 'object' ? stripped(self.type) : undefined;
    const type = target?.kind === 'pointer' ? stripped(target.target) : undefined;
    if (type?.kind !== 'struct' || !findMember(type, name)) return undefined;
    const object: Syntax = { kind: 'name', name: 'this', span };
    return this.node({ kind: 'member', isArrow: true, object, member: name, memberSpan: span, span });
  }

  #scoped(name: string): Meaning<M> | undefined {
    const cut = name.lastIndexOf('::');
    return cut < 1 ? undefined : this.#names.within(name.slice(0, cut), name.slice(cut + 2));
  }

  #meant(meaning: Meaning<M>, name: string, span: Span): Node<M> {
    const given = <T>(value: T | Unavailable): T => {
      if (typeof value === 'object' && value !== null && 'unavailable' in value)
        throw new Wrong(`${name} has no value: ${value.unavailable}`, span);
      return value;
    };
    switch (meaning.kind) {
      case 'object': {
        const { type, locate } = meaning;
        return referred({ type, span, isPlace: true, run: (moment) => given(locate(moment)) });
      }
      case 'value': {
        const { type, bits, read, present, write } = meaning;
        return {
          type,
          ...(bits === undefined ? {} : { bits }),
          span,
          isPlace: false,
          run: (moment) => given(read(moment)),
          ...(present ? { present: (moment, value) => present(moment, value as Scalar) } : {}),
          ...(write ? { write: (moment, value) => succeed(write(moment, value), span) } : {}),
        };
      }
      case 'text': {
        const { read, present } = meaning;
        return {
          type: { kind: 'array', element: CHAR, count: undefined },
          span,
          isPlace: true,
          isText: true,
          run: (moment) => textPlace(given(read(moment))),
          present(moment) {
            const value = given(read(moment));
            return present?.(moment, value) ?? { text: stringText(new TextEncoder().encode(value), false) };
          },
        };
      }
    }
  }

  #unary({ operator, operand: syntax, span }: NodeOf<'unary'>): Node<M> {
    const operand = this.node(syntax);
    if (operator === '*') return this.#dereference(operand, span);
    if (operator === '&') return this.#address(operand, span);
    return this.#operators.unary(operator, operand, span);
  }

  #address(node: Node<M>, span: Span): Node<M> {
    if (!node.isPlace || node.isText) throw new Wrong('It has no address: it is a value, not an object', node.span);
    if (node.bits !== undefined) throw new Wrong('A bit field has no address', node.span);
    const place = placeOf(node);
    return {
      type: pointerTo(node.type),
      span,
      isPlace: false,
      run: (moment) => BigInt(addressOf(place(moment), node.span)),
    };
  }

  /** `*`; an address without a type, such as a register's, is one of 64 bits. */
  #dereference(node: Node<M>, span: Span): Node<M> {
    const held = libraryTarget(node, span);
    if (held) return referred(held);
    const { type } = valueOf(node);
    const target = isPointer(type) ? (stripped(type) as { target: Type }).target : undefined;
    if (target && stripped(target).kind !== 'void') return this.#followed(node, span);
    if (!target && !isInteger(type))
      throw new Wrong(`A ${typeName(type)} cannot be followed: it is not a pointer`, node.span);
    return this.#followed(this.#cast(pointerTo(UNSIGNED_LONG), node, span), span);
  }

  /** What a pointer points to. */
  #followed(node: Node<M>, span: Span): Node<M> {
    const { type, run } = valueOf(node);
    const inner = stripped(type);
    const target = inner.kind === 'pointer' ? inner.target : type;
    return referred({
      type: target,
      span,
      isPlace: true,
      run: (moment) => ({ type: target, storage: inMemory(Number(run(moment)), moment.frame.read) }),
    });
  }

  #element(array: Node<M>, index: Node<M>, span: Span): Node<M> {
    const inner = stripped(array.type);
    // An array may be in registers, or be a text: it has no address then, but elements.
    if (array.isPlace && inner.kind === 'array' && isInteger(index.type)) {
      const { element } = inner;
      const size = sizeOf(element);
      if (size !== undefined) {
        const place = placeOf(array);
        const at = valueOf(index).run;
        return referred({
          type: element,
          span,
          isPlace: true,
          run: (moment) => ({ type: element, storage: within(place(moment).storage, Number(at(moment)) * size) }),
        });
      }
    }
    const sum = this.#operators.binary('+', array, index, span);
    if (!isPointer(sum.type)) throw new Wrong(`A ${typeName(array.type)} has no elements`, array.span);
    return this.#dereference(sum, span);
  }

  #member({ object: syntax, isArrow, member: name, memberSpan, span }: MemberSyntax): Node<M> {
    let object = this.node(syntax);
    // As gdb does, a pointer is followed for `.` as well.
    if (isPointer(object.type)) object = this.#followed(object, syntax.span);
    else if (isArrow) object = libraryTarget(object, syntax.span) ?? object;
    const type = stripped(object.type);
    if (type.kind !== 'struct' || !object.isPlace)
      throw new Wrong(`A ${typeName(object.type)} has no members`, syntax.span);
    if (type.isIncomplete) throw new Wrong(`${typeName(type)} is not defined in this program`, syntax.span);
    const found = findMember(type, name);
    const ofVariant = found ? undefined : this.#variantMember(object, type, name, span);
    if (ofVariant) return ofVariant;
    if (!found) {
      const common = type.name === '' ? undefined : this.#names.object(`${type.name}::${name}`);
      if (common) return this.#meant(common, name, memberSpan);
      const names = [type, ...variantTypes(type)].flatMap((one) => memberNames(one)).map((member) => member.name);
      throw new Wrong(`There is no member ${name} in ${typeName(type)}${suggestion(name, names)}`, memberSpan);
    }
    return memberAt(object, found, memberSpan, span);
  }

  /** A member of one of the alternatives of a Rust enumeration: it has a value while the object is that alternative. */
  #variantMember(object: Node<M>, type: StructType, name: string, span: Span): Node<M> | undefined {
    const owners = (type.variants?.cases ?? []).filter(({ member }) => {
      const payload = stripped(member.type);
      return payload.kind === 'struct' && findMember(payload, name) !== undefined;
    });
    if (owners.length === 0) return undefined;
    const place = placeOf(object);
    const present = this.#now && activeCase(type, place(this.#now).storage);
    const owner = owners.find((one) => one === present) ?? owners[0];
    const payload: Node<M> = {
      type: owner.member.type,
      span: object.span,
      isPlace: true,
      run(moment) {
        const { storage } = place(moment);
        const active = activeCase(type, storage);
        if (active === undefined || 'unavailable' in active || active !== owner) {
          const now = active && 'member' in active ? active.member.name : 'nothing that is known';
          throw new Wrong(`${name} is part of ${owner.member.name}: it is ${now} now`, span);
        }
        return { type: owner.member.type, storage: follow(storage, [owner.member], moment.frame.read, span) };
      },
    };
    const path = findMember(stripped(owner.member.type) as StructType, name)!;
    return memberAt(payload, path, span, span);
  }

  #call({ object, given, span }: NodeOf<'call'>): Node<M> {
    if (object.kind === 'member') return this.#memberCall(object, given, span);
    const name = object.kind === 'name' ? object.name : undefined;
    const builtIn = name === undefined || this.#names.object(name) ? undefined : this.#names.builtIn(name);
    if (!builtIn) {
      if (object.kind !== 'name') throw new Wrong('Functions of the program cannot be called', span);
      this.node(object);
      throw new Wrong(
        `${object.name} cannot be called: functions of the program are not executed by the debugger`,
        span,
      );
    }
    if (given.length !== 1) throw new Wrong(`${name}() takes one address`, span);
    const argument = this.node(given[0]);
    const { type, run } = valueOf(argument);
    if (!isPointer(type) && !isInteger(type)) throw new Wrong(`${name}() takes an address`, argument.span);
    const address = (moment: M): bigint => BigInt.asUintN(64, run(moment) as bigint);
    return this.#meant(builtIn.call(address), `${name}()`, span);
  }

  /** A function of an object is not called either; what those of libraries give can be read. */
  #memberCall({ object: syntax, isArrow, member: name }: MemberSyntax, given: readonly Syntax[], span: Span): Node<M> {
    const object = this.node(syntax);
    const self = isPointer(object.type) && isArrow ? this.#followed(object, syntax.span) : object;
    const parameters = given.map((one) => this.node(one));
    const held = isArrow && self === object ? libraryTarget(self, syntax.span) : self;
    const found = held && libraryCall(held, name, parameters, span);
    if (found) return referred(found);
    throw new Wrong(`${name} cannot be called: functions of the program are not executed by the debugger`, span);
  }

  #cast(to: Type, node: Node<M>, span: Span): Node<M> {
    const target = stripped(to);
    if (target.kind === 'void') return { ...node, type: to, span };
    const from = stripped(node.type);
    // A symbol without a type is taken for an object of the one that is asked for; arrays and structures are seen anew.
    const isAnew = target.kind === 'array' || target.kind === 'struct' || from.kind === 'unknown';
    if (isAnew) {
      if (!node.isPlace) throw new Wrong(`A ${typeName(node.type)} cannot be cast to ${typeName(to)}`, node.span);
      const place = placeOf(node);
      return { type: to, span, isPlace: true, run: (moment) => ({ type: to, storage: place(moment).storage }) };
    }
    const value = valueOf(node);
    const isFloatToPointer = isPointer(to) && !isPointer(value.type) && !isInteger(value.type);
    if (!isScalar(to) || isFloatToPointer)
      throw new Wrong(`A ${typeName(node.type)} cannot be cast to ${typeName(to)}`, node.span);
    const run = converted(value, target);
    const moved = baseMove(value.type, to, node.span);
    if (!moved) return { type: to, span, isPlace: false, run };
    return {
      type: to,
      span,
      isPlace: false,
      run: (moment) => {
        const pointer = run(moment) as bigint;
        return pointer === 0n ? pointer : moved(pointer, moment.frame.read);
      },
    };
  }

  #sizeof(syntax: NodeOf<'sizeof'>): Node<M> {
    const { span } = syntax;
    const node = syntax.operand && this.node(syntax.operand);
    const type = syntax.type ? this.type(syntax.type) : node!.type;
    if (syntax.kind === 'alignof') return constant(UNSIGNED_LONG, BigInt(alignment(type)), span);
    const size = sizeOf(type);
    if (size !== undefined) return constant(UNSIGNED_LONG, BigInt(size), span);
    const inner = stripped(type);
    if (inner.kind === 'void' || inner.kind === 'function') return constant(UNSIGNED_LONG, 1n, span);
    if (!node?.isPlace || inner.kind !== 'array') throw new Wrong(`The size of ${typeName(type)} is not known`, span);
    // A variable-length array has its bounds where it is.
    const place = placeOf(node);
    return {
      type: UNSIGNED_LONG,
      span,
      isPlace: false,
      run(moment) {
        const found = sizeOf(place(moment).type);
        if (found === undefined) throw new Wrong(`The size of ${typeName(type)} is not known`, span);
        return BigInt(found);
      },
    };
  }

  #conditional({ condition, then, otherwise, span }: NodeOf<'conditional'>): Node<M> {
    const test = truthOf(this.node(condition));
    return this.#operators.choice(test, this.node(then), this.node(otherwise), span);
  }

  #repeat(left: Syntax, right: Syntax, span: Span): Node<M> {
    const object = this.node(left);
    if (!object.isPlace) throw new Wrong('Only objects in memory can be repeated: write *p@n', left.span);
    return this.#repeated(object, right, span);
  }

  #repeated(object: Node<M>, count: Syntax, span: Span): Node<M> {
    const number = valueOf(this.node(count));
    if (!isInteger(number.type)) throw new Wrong('The number of elements must be an integer', count.span);
    // Of an array of unknown length its elements are repeated.
    const whole = stripped(object.type);
    const element = whole.kind === 'array' && sizeOf(whole) === undefined ? whole.element : object.type;
    if (sizeOf(element) === undefined) throw new Wrong(`The size of ${typeName(element)} is not known`, object.span);
    const place = placeOf(object);
    return {
      type: { kind: 'array', element, count: undefined },
      span,
      isPlace: true,
      run(moment) {
        const { storage } = place(moment);
        return { type: { kind: 'array', element, count: inRange(number.run(moment), count.span) }, storage };
      },
    };
  }

  #constantCount(syntax: Syntax): number {
    if (syntax.kind !== 'integer') throw new Wrong('The bound of an array must be a number here', syntax.span);
    return inRange(BigInt(syntax.digits), syntax.span);
  }

  #assign({ operator, target: targetSyntax, value: valueSyntax, span }: NodeOf<'assign'>): Node<M> {
    const target = this.node(targetSyntax);
    const value = this.node(valueSyntax);
    const result =
      operator === '='
        ? value
        : this.#operators.binary(operator.slice(0, -1) as Parameters<Operators<M>['binary']>[0], target, value, span);
    return this.#assigned(target, result, span);
  }

  #step(syntax: NodeOf<'step'>): Node<M> {
    const { span, operator, isPrefix } = syntax;
    const target = this.node(isPrefix ? syntax.operand : syntax.object);
    const one = constant<M>(INT, 1n, span);
    const assigned = this.#assigned(
      target,
      this.#operators.binary(operator === '++' ? '+' : '-', target, one, span),
      span,
    );
    if (isPrefix) return assigned;
    const before = valueOf(target);
    return {
      type: target.type,
      span,
      isPlace: false,
      run: (moment) => {
        const old = before.run(moment);
        assigned.run(moment);
        return old;
      },
    };
  }

  #assigned(target: Node<M>, value: Node<M>, span: Span): Node<M> {
    if (!this.#mayAssign)
      throw new Wrong('This would change the program: assign in the debug console or in the Variables view', span);
    this.hasEffects = true;
    const { type } = target;
    if (target.write) {
      const run = converted(valueOf(value), type);
      const { write } = target;
      return {
        type,
        span,
        isPlace: false,
        run(moment) {
          const given = run(moment);
          write(moment, given);
          return given;
        },
      };
    }
    if (!target.isPlace || target.isText)
      throw new Wrong('It cannot be assigned to: it is a value, not an object', target.span);
    const place = placeOf(target);
    const bytesOf = this.#bytesFor(target, value);
    const isWhole = !isScalar(type);
    return {
      type,
      span,
      isPlace: isWhole,
      run(moment) {
        const found = place(moment);
        const bytes = bytesOf(moment, found);
        succeed(moment.store(found, bytes), span);
        // The frame may have a copy of the register that an object is in.
        return isWhole ? found : load({ ...found, storage: inBytes(bytes) }, span);
      },
    };
  }

  /** The bytes of an object after it was assigned a value; those around a bit field stay as they are. */
  #bytesFor(target: Node<M>, value: Node<M>): (moment: M, place: Place) => Uint8Array {
    const { type, span } = target;
    const inner = stripped(type);
    const from = stripped(value.type);
    if (inner.kind === 'struct' && from.kind === 'struct' && value.isPlace && isSameStruct(inner, from)) {
      const source = placeOf(value);
      return (moment) => bytesOf(source(moment), inner.size, value.span);
    }
    if (!isScalar(type)) throw new Wrong(`A ${typeName(type)} cannot be assigned as a whole: assign its parts`, span);
    const run = converted(valueOf(value), type);
    return (moment, place) => {
      const number = run(moment);
      const { bits } = place;
      if (!bits) return encode(number, inner);
      return withField(bytesOf(place, Math.ceil((bits.first + bits.count) / 8), span), bits, number as bigint);
    };
  }
}

function bytesOf({ storage }: Place, size: number, span: Span): Uint8Array {
  const bytes = storage.read(0, size);
  if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), span);
  return bytes;
}

/** What a reference refers to is what its name stands for. */
function referred<M extends Moment>(node: Node<M>): Node<M> {
  const inner = stripped(node.type);
  if (inner.kind !== 'pointer' || inner.sigil === '*') return node;
  const place = placeOf(node);
  const { target } = inner;
  return {
    type: target,
    span: node.span,
    isPlace: true,
    run(moment) {
      const bytes = place(moment).storage.read(0, 8);
      if ('unavailable' in bytes) throw new Wrong(sentence(bytes.unavailable), node.span);
      const address = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      return { type: target, storage: inMemory(Number(address), moment.frame.read) };
    },
  };
}

/** The member at the end of a way through an object. */
function memberAt<M extends Moment>(object: Node<M>, path: MemberPath, memberSpan: Span, span: Span): Node<M> {
  const place = placeOf(object);
  const { bits, type } = path.at(-1)!;
  return referred({
    type,
    span,
    isPlace: true,
    ...(bits ? { bits: bits.count } : {}),
    run: (moment) => ({
      type,
      storage: follow(place(moment).storage, path, moment.frame.read, memberSpan),
      ...(bits ? { bits } : {}),
    }),
  });
}

/** What the alternatives of a Rust enumeration consist of. */
function variantTypes({ variants }: StructType): StructType[] {
  return (variants?.cases ?? []).flatMap(({ member }) => {
    const payload = stripped(member.type);
    return payload.kind === 'struct' ? [payload] : [];
  });
}

function constant<M extends Moment>(type: Type, value: Scalar, span: Span): Node<M> {
  return { type, span, isPlace: false, run: () => value };
}

function inRange(count: Scalar, span: Span): number {
  const number = Number(count);
  if (number < 1 || number > MOST_ELEMENTS)
    throw new Wrong(`${number} elements cannot be shown: 1 to ${MOST_ELEMENTS} can`, span);
  return number;
}

function succeed(result: ReturnType<Moment['store']>, span: Span): void {
  if (!result.ok) throw new Wrong(result.error, span);
}

function isSameStruct(a: StructType, b: StructType): boolean {
  return a === b || (a.name !== '' && a.name === b.name && a.size === b.size);
}

/** What a cast between pointers to classes does to an address: a base class does not lie at the start of every object. */
function baseMove(from: Type, to: Type, span: Span): ((pointer: bigint, read: ReadMemory) => bigint) | undefined {
  const [a, b] = [from, to].map((type) => {
    const pointer = stripped(type);
    return pointer.kind === 'pointer' ? stripped(pointer.target) : undefined;
  });
  if (a?.kind !== 'struct' || b?.kind !== 'struct' || a.name === '' || b.name === '') return undefined;
  const up = findBase(a, b.name)?.path;
  if (up?.length === 0) return undefined;
  if (up)
    return (pointer, read) =>
      BigInt(follow(inMemory(Number(pointer), read), up, read, span).address ?? Number(pointer));
  const down = findBase(b, a.name)?.path;
  const bytes = down && distance(down);
  if (down && bytes === undefined)
    throw new Wrong(`A ${typeName(from)} is a virtual base: it does not say which object it is in`, span);
  return bytes ? (pointer) => pointer - BigInt(bytes) : undefined;
}

/** _Alignof, where the debug information does not say otherwise: that of the largest scalar in it. */
function alignment(type: Type): number {
  const inner = stripped(type);
  if (inner.kind === 'array') return alignment(inner.element);
  if (inner.kind === 'struct') return Math.max(1, ...inner.members.map((member) => alignment(member.type)));
  return Math.min(16, sizeOf(inner) ?? 1);
}

/** Decimal and hexadecimal floating constants. */
function parseFloating(digits: string): number {
  const [, whole, fraction = '', exponent] = /^0x([0-9a-f]*)\.?([0-9a-f]*)p([-+]?\d+)$/i.exec(digits) ?? [];
  if (whole === undefined) return Number(digits);
  return Number(BigInt(`0x0${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
}
