import { integerOf } from './scalar.ts';
import { within } from './storage.ts';
import type { Storage, Unavailable } from './storage.ts';
import { sizeOf } from './type.ts';
import type { Member, StructType, Variants } from './type.ts';

/** The alternative that an object holds; undefined when no alternative has its discriminant. */
export function activeCase(
  { variants }: Pick<StructType, 'variants'>,
  storage: Storage,
): Variants['cases'][number] | Unavailable | undefined {
  if (variants === undefined) return undefined;
  const { discriminant, cases } = variants;
  if (discriminant?.offset === undefined) return cases[0];
  const size = sizeOf(discriminant.type) ?? 0;
  const bytes = within(storage, discriminant.offset).read(0, size);
  if ('unavailable' in bytes) return bytes;
  const value = integerOf(bytes, false);
  const width = size * 8;
  // Compilers write the values with as many bits as they like, signed or not.
  return (
    cases.find((one) => one.value !== undefined && BigInt.asUintN(width, one.value) === value) ??
    cases.find((one) => one.value === undefined)
  );
}

/** Whether the members are those of a Rust tuple: `__0`, `__1`, … */
export function isTuple(members: readonly Member[]): boolean {
  return members.length > 0 && members.every(({ name }, index) => name === `__${index}`);
}

/** What is written before the parenthesis: nothing for a tuple without a name. */
export function tupleName(name: string): string {
  return name.startsWith('(') ? '' : name.replace(/<.*$/, '').replace(/^.*::/, '');
}
