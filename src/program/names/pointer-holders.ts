import type { ReadMemory } from '../../symbols/frame.ts';
import { inMemory, within as partOf, type Storage } from '../../symbols/storage.ts';
import { sizeOf, stripped } from '../../symbols/type.ts';
import type { Member, PointerType, Type } from '../../symbols/type.ts';

/** A variable, or what one leads to. */
export interface Root {
  /** What an expression calls it. */
  readonly name: string;
  /** `main`: of a local variable the function. */
  readonly within: string | undefined;
  readonly type: Type;
  readonly storage: Storage;
}

/** What leads to a place: an expression. */
export interface Holder {
  readonly path: string;
  readonly within: string | undefined;
  /** Where it points to. */
  readonly address: number;
  readonly target: Type;
  /** Whether the path is of a library's object that keeps its elements there. */
  readonly isContainer: boolean;
  /** The object that holds it is a variable itself. */
  readonly isDirect: boolean;
}

/** What is visited at most: every visit is a look at one scalar. */
const MOST_VISITS = 10_000;
const MOST_ELEMENTS = 1000;
const DEEPEST = 12;

/** What is still to be looked at. */
interface Visit {
  readonly path: string;
  readonly within: string | undefined;
  readonly type: Type;
  readonly storage: Storage;
  readonly isContainer: boolean;
  readonly isDirect: boolean;
}

/**
 * Follows the pointers of variables, and of what they point to, by their types: nearest first, each block once.
 * @param blockAt the block that holds an address: where it begins and ends
 */
export function findHolders(
  roots: Iterable<Root>,
  read: ReadMemory,
  blockAt: (address: number) => { readonly start: number; readonly end: number } | undefined,
): Map<number, Holder> {
  const holders = new Map<number, Holder>();
  const queue: Visit[] = [];
  const pointing = new Map<Type, boolean>();
  let visits = 0;

  const visit = (one: Visit, depth: number): void => {
    if (depth > DEEPEST || visits > MOST_VISITS) return;
    const inner = stripped(one.type);
    if (inner.kind === 'pointer') {
      visits++;
      follow(one, inner);
    } else if (inner.kind === 'array') {
      const size = sizeOf(inner.element);
      if (!size || !mayPoint(inner.element, pointing, 0)) return;
      for (let index = 0; index < Math.min(inner.count ?? 0, MOST_ELEMENTS) && visits <= MOST_VISITS; index++)
        visit(
          { ...one, path: `${one.path}[${index}]`, type: inner.element, storage: partOf(one.storage, index * size) },
          depth + 1,
        );
    } else if (inner.kind === 'struct' && !inner.variants)
      for (const member of inner.members) {
        if (member.isStatic || member.offset === undefined || member.bits || !mayPoint(member.type, pointing, 0))
          continue;
        visit(
          { ...one, ...stepInto(one, member), type: member.type, storage: partOf(one.storage, member.offset) },
          depth + 1,
        );
      }
  };

  const follow = (one: Visit, type: PointerType): void => {
    const bytes = one.storage.read(0, 8);
    if ('unavailable' in bytes) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const address = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
    const block = address === 0 ? undefined : blockAt(address);
    if (!block) return;
    const known = holders.get(block.start);
    // A pointer to the start of a block names it better than one into it.
    if (known && (known.address === block.start || address !== block.start)) return;
    const { path, within, isContainer, isDirect } = one;
    holders.set(block.start, { path, within, address, target: type.target, isContainer, isDirect });
    if (known) return;
    const target = stripped(type.target);
    const size = sizeOf(target);
    if (!size || !mayPoint(target, pointing, 0)) return;
    const count = Math.min(MOST_ELEMENTS, Math.floor((block.end - address) / size));
    const isArray = target.kind !== 'struct' || (isContainer && count > 1);
    const storage = inMemory(address, read);
    if (target.kind === 'struct' && !isArray)
      queue.push({ path: pointee(one), within, type: target, storage, isContainer: false, isDirect: false });
    else
      for (let index = 0; index < count; index++)
        queue.push({
          path: `${path}[${index}]`,
          within,
          type: target,
          storage: partOf(storage, index * size),
          isContainer: false,
          isDirect: false,
        });
  };

  for (const root of roots) visit({ ...root, path: root.name, isContainer: false, isDirect: true }, 0);
  for (let at = 0; at < queue.length && visits <= MOST_VISITS && queue.length < MOST_VISITS; at++) {
    visits++;
    visit(queue[at], 0);
  }
  return holders;
}

/** A mark for what a pointer points to, until a member follows: `list` and `->`. */
const ARROW = '\u0000';

function pointee({ path }: Visit): string {
  return path + ARROW;
}

/** A member as an expression names it. What a library keeps in its classes is not named: the object stands for it. */
function stepInto({ path, isContainer }: Visit, { name, isBase }: Member): Pick<Visit, 'path' | 'isContainer'> {
  const isInternal = isContainer || /^_[A-Z_]/.test(name);
  if (isInternal) return { path, isContainer: true };
  if (isBase || name === '') return { path, isContainer };
  return { path: path.endsWith(ARROW) ? `${path.slice(0, -1)}->${name}` : `${path}.${name}`, isContainer };
}

/** A long way through a list, shorter: `list->next×5`. */
export function shortPath(path: string): string {
  return path
    .replaceAll(ARROW, '')
    .replace(/((?:->|\.)\w+)\1{2,}/g, (all: string, link: string) => `${link}×${all.length / link.length}`);
}

/** Whether objects of a type have pointers in them. */
function mayPoint(type: Type, known: Map<Type, boolean>, depth: number): boolean {
  const inner = stripped(type);
  switch (inner.kind) {
    case 'pointer':
      return stripped(inner.target).kind !== 'function';
    case 'array':
      return depth < DEEPEST && mayPoint(inner.element, known, depth + 1);
    case 'struct': {
      const found = known.get(inner);
      if (found !== undefined) return found;
      const may = depth < DEEPEST && inner.members.some((one) => !one.isStatic && mayPoint(one.type, known, depth + 1));
      known.set(inner, may);
      return may;
    }
    default:
      return false;
  }
}
