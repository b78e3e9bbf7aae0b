import { stripped, typeName, type Type } from '../symbols/type.ts';
import { assignment } from './assignment.ts';
import { builtInType, INT, isInteger, isPointer, pointerTarget, UNSIGNED_LONG } from './c-types.ts';
import { cast, dynamicCast, reinterpreted } from './casts.ts';
import { characterConstant, constant, CONSTANTS, floatConstant, integerConstant, textConstant } from './constants.ts';
import { libraryCall, libraryElement, libraryTarget } from './library.ts';
import { meant } from './meanings.ts';
import { memberAt, variantMember, variantTypes } from './member-nodes.ts';
import { findMember, memberNames } from './members.ts';
import type { Meaning, Moment, Names } from './names.ts';
import { truthOf, valueOf, type Node } from './node.ts';
import { Operators } from './operators.ts';
import { addressed, dereferenced, element, followed, referred } from './pointers.ts';
import { suggestion, unknownSpecialText, Wrong } from './problem.ts';
import { alignment, inRange, repeated, size } from './sizes.ts';
import type { MemberSyntax, Span, Syntax, SyntaxOf, TypeSyntax } from './syntax.ts';

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
        return integerConstant(syntax);
      case 'float':
        return floatConstant(syntax);
      case 'character':
        return characterConstant(syntax);
      case 'string':
        return textConstant(syntax);
      case 'name':
        return this.#name(syntax);
      case 'in-file': {
        const meaning = this.#names.within(syntax.file, syntax.name);
        if (!meaning) throw new Wrong(`There is no variable or function ${syntax.name} in ${syntax.file}`, span);
        return meant(meaning, syntax.name, span);
      }
      case 'special': {
        const meaning = this.#names.special(syntax.name);
        if (meaning) return meant(meaning, `$${syntax.name}`, span);
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
        return this.#cast(syntax);
      case 'sizeof':
      case 'alignof':
        return this.#size(syntax);
      case 'index': {
        const object = this.node(syntax.object);
        const index = this.node(syntax.index);
        return libraryElement(object, index, span) ?? element(object, index, span);
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
    return repeated(followed(node, node.span), this.node(count), node.span);
  }

  #name({ name, span }: SyntaxOf<'name'>): Node<M> {
    const meaning = this.#names.object(name) ?? this.#ofThis(name, span) ?? this.#scoped(name) ?? CONSTANTS.get(name);
    if (meaning) return 'run' in meaning ? meaning : meant(meaning, name, span);
    if (this.#names.isType(name)) throw new Wrong(`${name} is a type, not a value`, span);
    if (this.#names.builtIn(name)) throw new Wrong(`${name} is a function: write ${name}(address)`, span);
    const similar = suggestion(name, this.#names.similar('object'));
    throw new Wrong(`There is no variable, function or symbol called ${name} here${similar}`, span);
  }

  /** In a member function a name may be one of its object. */
  #ofThis(name: string, span: Span): Node<M> | undefined {
    const self = name === 'this' ? undefined : this.#names.object('this');
    const type = self?.kind === 'object' ? pointerTarget(self.type) : undefined;
    if (type?.kind !== 'struct' || !findMember(type, name)) return undefined;
    const object: Syntax = { kind: 'name', name: 'this', span };
    return this.node({ kind: 'member', isArrow: true, object, member: name, memberSpan: span, span });
  }

  #scoped(name: string): Meaning<M> | undefined {
    const cut = name.lastIndexOf('::');
    return cut < 1 ? undefined : this.#names.within(name.slice(0, cut), name.slice(cut + 2));
  }

  #unary({ operator, operand: syntax, span }: SyntaxOf<'unary'>): Node<M> {
    const operand = this.node(syntax);
    if (operator === '*') return dereferenced(operand, span);
    if (operator === '&') return addressed(operand, span);
    return this.#operators.unary(operator, operand, span);
  }

  #member({ object: syntax, isArrow, member: name, memberSpan, span }: MemberSyntax): Node<M> {
    let object = this.node(syntax);
    // As gdb does, a pointer is followed for `.` as well.
    if (isPointer(object.type)) object = followed(object, syntax.span);
    else if (isArrow) object = libraryTarget(object, syntax.span) ?? object;
    const type = stripped(object.type);
    if (type.kind !== 'struct' || !object.isPlace)
      throw new Wrong(`A ${typeName(object.type)} has no members`, syntax.span);
    if (type.isIncomplete) throw new Wrong(`${typeName(type)} is not defined in this program`, syntax.span);
    const found = findMember(type, name);
    const ofVariant = found ? undefined : variantMember(object, type, name, span, this.#now);
    if (ofVariant) return ofVariant;
    if (!found) {
      const common = type.name === '' ? undefined : this.#names.object(`${type.name}::${name}`);
      if (common) return meant(common, name, memberSpan);
      const names = [type, ...variantTypes(type)].flatMap((one) => memberNames(one)).map((member) => member.name);
      throw new Wrong(`There is no member ${name} in ${typeName(type)}${suggestion(name, names)}`, memberSpan);
    }
    return memberAt(object, found, memberSpan, span);
  }

  #call({ object, given, span }: SyntaxOf<'call'>): Node<M> {
    if (object.kind === 'member') return this.#memberCall(object, given, span);
    const name = object.kind === 'name' ? object.name : undefined;
    const pure = name !== undefined && given.length === 0 ? this.#names.pure(name) : undefined;
    if (pure) return meant(pure, `${name}()`, span);
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
    return meant(builtIn.call(address), `${name}()`, span);
  }

  /** A function of an object is not called either; what those of libraries give can be read. */
  #memberCall({ object: syntax, isArrow, member: name }: MemberSyntax, given: readonly Syntax[], span: Span): Node<M> {
    const object = this.node(syntax);
    const self = isPointer(object.type) && isArrow ? followed(object, syntax.span) : object;
    const parameters = given.map((one) => this.node(one));
    const held = isArrow && self === object ? libraryTarget(self, syntax.span) : self;
    const found = held && libraryCall(held, name, parameters, span);
    if (found) return referred(found);
    throw new Wrong(`${name} cannot be called: functions of the program are not executed by the debugger`, span);
  }

  #cast({ way, type: typeSyntax, operand: operandSyntax, span }: SyntaxOf<'cast'>): Node<M> {
    const type = this.type(typeSyntax);
    const operand = this.node(operandSyntax);
    const classNamed = (name: string): Type | undefined => this.#names.type(name);
    if (way === 'dynamic') return dynamicCast(type, operand, span, classNamed);
    return way === 'reinterpret' ? reinterpreted(type, operand, span) : cast(type, operand, span, classNamed);
  }

  #size(syntax: SyntaxOf<'sizeof'>): Node<M> {
    const { span } = syntax;
    const node = syntax.operand && this.node(syntax.operand);
    const type = syntax.type ? this.type(syntax.type) : node!.type;
    return syntax.kind === 'sizeof' ? size(type, node, span) : constant(UNSIGNED_LONG, BigInt(alignment(type)), span);
  }

  #conditional({ condition, then, otherwise, span }: SyntaxOf<'conditional'>): Node<M> {
    const test = truthOf(this.node(condition));
    return this.#operators.choice(test, this.node(then), this.node(otherwise), span);
  }

  #repeat(left: Syntax, right: Syntax, span: Span): Node<M> {
    const object = this.node(left);
    if (!object.isPlace) throw new Wrong('Only objects in memory can be repeated: write *p@n', left.span);
    return repeated(object, this.node(right), span);
  }

  #constantCount(syntax: Syntax): number {
    if (syntax.kind !== 'integer') throw new Wrong('The bound of an array must be a number here', syntax.span);
    return inRange(BigInt(syntax.digits), syntax.span);
  }

  #assign({ operator, target: targetSyntax, value: valueSyntax, span }: SyntaxOf<'assign'>): Node<M> {
    const target = this.node(targetSyntax);
    const value = this.node(valueSyntax);
    const result =
      operator === '='
        ? value
        : this.#operators.binary(operator.slice(0, -1) as Parameters<Operators<M>['binary']>[0], target, value, span);
    return this.#assigned(target, result, span);
  }

  #step(syntax: SyntaxOf<'step'>): Node<M> {
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
    return assignment(target, value, span);
  }
}
