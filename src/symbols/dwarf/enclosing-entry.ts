import { Tag } from './constants.ts';
import type { Die } from './die.ts';

/** Deeper nesting than any source has. */
const DEEPEST = 100;

const FUNCTIONS: readonly Tag[] = [Tag.Subprogram];
const CLASSES: readonly Tag[] = [Tag.StructureType, Tag.ClassType, Tag.UnionType];

/** The innermost function that an entry is declared in; undefined outside functions. Throws `Damaged`. */
export function enclosingFunction(die: Die): Die | undefined {
  return innermost(die, FUNCTIONS);
}

/** The innermost class that an entry is declared in; undefined outside classes. Throws `Damaged`. */
export function enclosingClass(die: Die): Die | undefined {
  return innermost(die, CLASSES);
}

function innermost(die: Die, tags: readonly Tag[]): Die | undefined {
  let around: Die | undefined;
  let parent = die.unit.root;
  for (let depth = 0; depth < DEEPEST; depth++) {
    let before: Die | undefined;
    for (const child of parent.children()) {
      if (child.offset === die.offset) return around;
      if (child.offset > die.offset) break;
      before = child;
    }
    if (before === undefined || !before.abbreviation.hasChildren) break;
    if (tags.includes(before.tag)) around = before;
    parent = before;
  }
  return around;
}
