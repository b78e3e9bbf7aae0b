import { NO_FRAME, PAGE_SIZE, pageFloor, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { Access } from '../memory/mmu.ts';
import { Pte, makePte, pteFrame } from '../memory/pte.ts';
import type { FaultCause, FaultOutcome } from './fault.ts';
import { cowFlags, leafFlags, type Image } from './image.ts';
import { STACK_GUARD_GAP } from './mapping-list.ts';
import type { Mapping } from './mapping.ts';
import type { MemoryObject } from './memory-object.ts';

/** The bits of which a mapping must have one to allow an access; writing implies reading, as in a PTE. */
const ALLOWED_BY: Record<Access, number> = {
  [Access.Read]: Pte.R | Pte.W,
  [Access.Write]: Pte.W,
  [Access.Execute]: Pte.X,
};
const NEEDED: Record<Access, number> = { [Access.Read]: Pte.R, [Access.Write]: Pte.W, [Access.Execute]: Pte.X };

/** A `FaultOutcome` that is filled in again for each fault. */
export class FaultRecord implements FaultOutcome {
  cause: FaultCause = 'spurious';
  va = 0 as VirtAddr;
  access = Access.Read;
  before: FrameNumber = NO_FRAME;
  after: FrameNumber = NO_FRAME;
  /** The frame that was given up for one of the page's own by a store; `NO_FRAME` where none was. */
  broken: FrameNumber = NO_FRAME;
}

/** The mapping that an access concerns: the one that holds the address, or the stack that would have to grow to it. */
export function mappingFor(image: Image, va: VirtAddr): Mapping | undefined {
  const { mappings } = image.mappings;
  const index = image.mappings.indexAbove(va);
  const mapping = mappings[index];
  if (!mapping || mapping.start <= va) return mapping;
  return canGrowTo(image, mapping, pageFloor(va), mappings[index - 1]) ? mapping : undefined;
}

/** Linux's rules (expand_downwards): the stack limit, and a guard gap to an accessible mapping below. */
function canGrowTo(image: Image, stack: Mapping, start: VirtAddr, below: Mapping | undefined): boolean {
  if (stack.growth !== 'down' || start < image.memory.range.start) return false;
  if (stack.end - start > image.layout.stackLimit) return false;
  if (stack.object && stack.offset < stack.start - start) return false;
  return !below || below.growth === 'down' || below.permissions === 0 || start - below.end >= STACK_GUARD_GAP;
}

export function allows({ permissions }: Mapping, access: Access): boolean {
  return (permissions & ALLOWED_BY[access]) !== 0;
}

/** Why an access faults, or would. */
export function causeOfFault(image: Image, mapping: Mapping | undefined, va: VirtAddr, access: Access): FaultCause {
  return causeOf(mapping, mapping ? entryFor(image, va) : 0, va, access);
}

/** The leaf entry for an address that something maps; 0 when there is no table for it. */
function entryFor({ memory, root }: Image, va: VirtAddr): number {
  const at = memory.tables.findLeaf(root, va);
  return at < 0 ? 0 : memory.frames.memory.i32[at];
}

/** From the mapping first, then from what the entry says. */
function causeOf(mapping: Mapping | undefined, pte: number, va: VirtAddr, access: Access): FaultCause {
  if (!mapping) return 'unmapped';
  if (!allows(mapping, access)) return 'protection';
  if (pte & Pte.V) {
    if (pte & Pte.U && pte & NEEDED[access]) return 'spurious';
    // An entry that forbids what the mapping allows, and is not CoW, is invariant 5 broken: nobody handles the fault.
    return access === Access.Write && pte & Pte.CoW ? 'cow' : 'protection';
  }
  if (va < mapping.start) return 'stack-growth';
  if (!mapping.object) return 'demand-zero';
  return mapping.object.isPastEnd(objectPage(mapping, va)) ? 'past-end' : 'file';
}

/** Index in its object of the page that a mapping has at `va`. */
export function objectPage(mapping: Mapping, va: VirtAddr): number {
  return Math.floor((mapping.offset + (va - mapping.start)) / PAGE_SIZE);
}

/** Handles an access that faulted; `record` says how. A refused fault has changed nothing. */
export function resolve(image: Image, va: VirtAddr, access: Access, record: FaultRecord): void {
  const mapping = mappingFor(image, va);
  const pte = mapping ? entryFor(image, va) : 0;
  record.cause = causeOf(mapping, pte, va, access);
  record.va = va;
  record.access = access;
  record.before = pte & Pte.V ? pteFrame(pte) : NO_FRAME;
  record.after = NO_FRAME;
  record.broken = NO_FRAME;
  switch (record.cause) {
    case 'spurious':
      image.flushPage(va);
      record.after = record.before;
      return;
    case 'cow':
      record.after = ownPage(image, mapping!, va);
      record.broken = record.before;
      break;
    case 'stack-growth':
    case 'demand-zero':
    case 'file':
      record.after = mapPage(image, mapping!, va, access === Access.Write);
      if (access === Access.Write) record.broken = objectFrameBelow(mapping!, va);
      break;
    default:
      return;
  }
  if (record.after === NO_FRAME) {
    record.cause = 'no-memory';
    record.broken = NO_FRAME;
  } else if (record.cause === 'stack-growth') growTo(image, mapping!, pageFloor(va));
}

/** The object's frame that a private page is a copy of when it is written before it was ever read; `NO_FRAME` if none. */
export function objectFrameBelow(mapping: Mapping, va: VirtAddr): FrameNumber {
  if (mapping.sharing === 'shared') return NO_FRAME;
  return mapping.object?.cachedPage(objectPage(mapping, va)) ?? NO_FRAME;
}

/**
 * Gives a present private page a frame that nobody else sees, with all that its mapping allows: a copy, or the frame
 * itself where no other page has it any more.
 * @returns the frame mapped now, `NO_FRAME` when guest RAM is used up; then nothing has changed.
 */
export function ownPage(image: Image, mapping: Mapping, va: VirtAddr): FrameNumber {
  const { tables, frames } = image.memory;
  const { i32 } = frames.memory;
  // A page of a shared table has two owners: it will be copied.
  const at = tables.ensureLeaf(image.root, va, 1);
  if (at < 0) return NO_FRAME;
  const after = image.makeWritable(pteFrame(i32[at]));
  if (after === NO_FRAME) return NO_FRAME;
  tables.set(at, makePte(after, leafFlags(mapping.permissions) | (i32[at] & Pte.A)));
  image.flushPage(va);
  return after;
}

/**
 * Makes an absent page present: zeroes, or the object's page. A private page of an object is the object's own frame
 * until it is written; a first access that is a store copies at once.
 * @returns the frame, `NO_FRAME` when guest RAM is used up; then nothing has changed.
 */
export function mapPage(image: Image, mapping: Mapping, va: VirtAddr, forWriting: boolean): FrameNumber {
  const { tables, frames } = image.memory;
  const { object, permissions } = mapping;
  const index = objectPage(mapping, va);
  const isCopied = mapping.sharing === 'private' && forWriting;
  // Room for all that may be needed is made first: later it could take the object's page, which is counted on.
  frames.makeRoom(tables.mode.levels + 2);
  const needed = framesFor(object, index, isCopied);
  const at = frames.available < needed ? -1 : tables.ensureLeaf(image.root, va, needed);
  if (at < 0) return NO_FRAME;
  let frame: FrameNumber;
  let flags = leafFlags(permissions);
  if (!object) frame = frames.allocate(FrameUse.Private);
  else {
    frame = object.page(index);
    if (isCopied) frame = frames.allocateCopy(frame);
    else {
      if (mapping.sharing === 'private') flags = cowFlags(permissions);
      frames.addReference(frame);
    }
  }
  tables.set(at, makePte(frame, flags));
  image.sizes.present++;
  return frame;
}

/** How many frames a page takes that is made present: of zeroes, or of an object, whose own page may be there already. */
export function framesFor(object: MemoryObject | undefined, index: number, isCopied: boolean): number {
  if (!object) return 1;
  return (object.cachedPage(index) === undefined ? 1 : 0) + (isCopied ? 1 : 0);
}

function growTo(image: Image, stack: Mapping, start: VirtAddr): void {
  const grown = { ...stack, start, offset: stack.object ? stack.offset - (stack.start - start) : 0 };
  image.apply(image.mappings.replace({ start, end: stack.end }, [grown]));
}
