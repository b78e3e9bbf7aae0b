import { Damaged } from '../byte-cursor.ts';
import type { Abbreviation } from './abbreviations.ts';
import { At, Form } from './constants.ts';
import type { Tag } from './constants.ts';
import { readAttribute, skipAttribute } from './attribute.ts';
import type { AttributeValue } from './attribute.ts';
import type { Unit } from './unit.ts';

/** How many DW_AT_abstract_origin and DW_AT_specification links are followed: an inlined member function needs two. */
const MOST_LINKS = 8;

/** A debugging information entry. Attributes are decoded when asked for. */
export class Die {
  #end = -1;

  /** @param offset in .debug_info, of the abbreviation code; `valuesAt` is where the attribute values start. */
  constructor(
    readonly unit: Unit,
    readonly offset: number,
    readonly abbreviation: Abbreviation,
    readonly valuesAt: number,
  ) {}

  get tag(): Tag {
    return this.abbreviation.tag;
  }

  /** The offset after the attribute values: the first child, the next sibling, or the end of the siblings. */
  get end(): number {
    if (this.#end >= 0) return this.#end;
    const { attributes, size } = this.abbreviation;
    if (size >= 0) return (this.#end = this.valuesAt + size);
    const cursor = this.unit.seek(this.valuesAt);
    for (const { form } of attributes) skipAttribute(cursor, form, this.unit);
    return (this.#end = cursor.at + this.unit.base);
  }

  attribute(at: At): AttributeValue | undefined {
    const { attributes } = this.abbreviation;
    for (let index = 0; index < attributes.length; index++) {
      const spec = attributes[index];
      if (spec.at !== at) continue;
      let from = index;
      while (attributes[from].offset < 0) from--;
      const cursor = this.unit.seek(this.valuesAt + attributes[from].offset);
      for (; from < index; from++) skipAttribute(cursor, attributes[from].form, this.unit);
      const value = readAttribute(cursor, spec.form, spec.implicit, this.unit, this.unit.offset);
      return spec.form === Form.RefAddr && value.kind === 'reference' && this.unit.base > 0
        ? { ...value, offset: value.offset + this.unit.base }
        : value;
    }
    return undefined;
  }

  has(at: At): boolean {
    return this.attributeForm(at) !== undefined;
  }

  attributeForm(at: At): Form | undefined {
    for (const spec of this.abbreviation.attributes) if (spec.at === at) return spec.form;
    return undefined;
  }

  text(at: At): string | undefined {
    const value = this.attribute(at);
    return value && this.unit.textOf(value);
  }

  /** A constant as a double (exact within 2^53). */
  constant(at: At): number | undefined {
    const value = this.attribute(at);
    return value?.kind === 'constant' ? value.value : undefined;
  }

  exactConstant(at: At): bigint | undefined {
    const value = this.attribute(at);
    return value?.kind === 'constant' ? value.exact : undefined;
  }

  flag(at: At): boolean {
    const value = this.attribute(at);
    return value?.kind === 'flag' && value.value;
  }

  address(at: At): number | undefined {
    const value = this.attribute(at);
    return value && this.unit.addressOf(value);
  }

  /** The entry that an attribute refers to, in whichever unit it is. */
  reference(at: At): Die | undefined {
    const value = this.attribute(at);
    return value && this.unit.referenceOf(value);
  }

  /** This entry, then what its DW_AT_abstract_origin or DW_AT_specification links lead to. */
  *origins(): Generator<Die> {
    yield this;
    let die = this.#origin();
    for (let link = 0; die !== undefined && link < MOST_LINKS; link++) {
      yield die;
      die = die.#origin();
    }
  }

  /** The direct children, in order. */
  *children(): Generator<Die> {
    if (!this.abbreviation.hasChildren) return;
    let depth = 0;
    for (let at = this.end; ;) {
      const die = this.unit.dieAt(at);
      if (die === undefined) {
        if (depth-- === 0) return;
        at++;
        continue;
      }
      if (depth === 0) yield die;
      const sibling = die.abbreviation.hasChildren ? die.#siblingOffset() : undefined;
      if (sibling !== undefined) at = sibling;
      else {
        at = die.end;
        if (die.abbreviation.hasChildren) depth++;
      }
    }
  }

  #origin(): Die | undefined {
    return this.reference(At.AbstractOrigin) ?? this.reference(At.Specification);
  }

  /** DW_AT_sibling, when it leads forward within the unit. */
  #siblingOffset(): number | undefined {
    const sibling = this.attribute(At.Sibling);
    if (sibling?.kind !== 'reference') return undefined;
    if (sibling.offset < this.end || sibling.offset > this.unit.end)
      throw new Damaged('an entry’s sibling link is wrong');
    return sibling.offset;
  }
}
