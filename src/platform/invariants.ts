import { PAGE_SIZE, fromWords, toHex, type AddressRange, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import type { Access, Mmu } from '../memory/mmu.ts';
import { Pte, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Tlb } from '../memory/tlb.ts';
import type { FrameOwner, ImageView, Inspector, LayerView } from './inspector.ts';
import type { Mapping } from './mapping.ts';
import { sharersOf } from './image.ts';
import { allows } from './page-faults.ts';

/**
 * The properties of address spaces that can be seen by looking, as docs/address-spaces.md numbers them, and for one of
 * them a record of the last look (`FrameWatch`). The others compare one run, or one place in it, with another.
 */
export const INVARIANTS = {
  othersUntouched: 2,
  refcount: 3,
  soleWriter: 4,
  entryFitsMapping: 5,
  sharedIdentity: 7,
  noLeak: 8,
  tlbFitsEntry: 9,
  activeIsLive: 10,
  mappingsInRange: 11,
  gateOpensLast: 12,
} as const;

/** What each of them demands, in a few words. */
const NAMES: Readonly<Record<number, string>> = {
  [INVARIANTS.othersUntouched]: 'private writes stay private',
  [INVARIANTS.refcount]: 'a refcount is the number of references',
  [INVARIANTS.soleWriter]: 'a frame with several owners is not writable',
  [INVARIANTS.entryFitsMapping]: 'entries fit their mapping',
  [INVARIANTS.sharedIdentity]: 'shared memory stays shared',
  [INVARIANTS.noLeak]: 'nothing leaks',
  [INVARIANTS.tlbFitsEntry]: 'the TLB allows no more than the entry',
  [INVARIANTS.activeIsLive]: 'the active space is live',
  [INVARIANTS.mappingsInRange]: 'mappings and slots lie apart, in their range',
  [INVARIANTS.gateOpensLast]: 'the gate opens last',
};

/** Leaks that are named one by one. */
const LEAKS_NAMED = 8;

export interface InvariantViolation {
  /** Its number in docs/address-spaces.md. */
  readonly invariant: number;
  /** One sentence for a person. */
  readonly message: string;
  readonly space?: number;
  readonly va?: VirtAddr;
  readonly frame?: FrameNumber;
  readonly owners?: readonly FrameOwner[];
}

/** `invariant 7 (shared memory stays shared)`. */
export function invariantName({ invariant }: InvariantViolation): string {
  return `invariant ${invariant} (${NAMES[invariant]})`;
}

/** Checks everything that the inspector can see, in a time linear in the frames of guest RAM and the present pages. */
export function checkInvariants(inspector: Inspector, mmu: Mmu): InvariantViolation[] {
  return new InvariantCheck(inspector).run(mmu);
}

/**
 * What is wrong with a fault that a platform refused as one of protection: the mapping allows the access, and the entry
 * says why it faulted. Seen only now: the page itself is as it should be.
 */
export function checkRefusal(
  inspector: Inspector,
  space: number,
  va: VirtAddr,
  access: Access,
): InvariantViolation | undefined {
  const mapping = inspector.mappings(space).find(({ start, end }) => start <= va && va < end);
  if (!mapping || !allows(mapping, access)) return undefined;
  const { level, pte } = inspector.walk(space, va).at(-1)!;
  const why =
    level > 0 || !(pte & Pte.V)
      ? 'no page is present'
      : pte & Pte.CoW
        ? `the page is present and copy-on-write; its entry is ${toHex(pte)} (${pteFlags(pte)}, CoW)`
        : `its entry is ${toHex(pte)} (${pteFlags(pte)}), not CoW`;
  return {
    invariant: INVARIANTS.entryFitsMapping,
    message: `space ${space}, ${toHex(va)}: the platform refused an access that the mapping ${extent(mapping)} allows: ${why}`,
    space,
    va,
    ...(pte & Pte.V ? { frame: pteFrame(pte), owners: inspector.owners(pteFrame(pte), va) } : {}),
  };
}

class InvariantCheck {
  readonly #violations: InvariantViolation[] = [];
  /** References found to each frame: entries that map it, once for each table, or entries that point to a table. */
  readonly #found: Uint32Array;
  /** Those of them that are of snapshots. */
  readonly #ofSnapshots: Uint32Array;
  /** Leaf tables whose entries were counted, and the root below which they were. */
  readonly #counted = new Map<FrameNumber, FrameNumber>();

  /** One past the last frame that is, or was, in use, or that something refers to. */
  #end: number;

  constructor(private readonly inspector: Inspector) {
    this.#found = new Uint32Array(inspector.frames.total);
    this.#ofSnapshots = new Uint32Array(inspector.frames.total);
    this.#end = inspector.frames.firstUnused;
  }

  run(mmu: Mmu): InvariantViolation[] {
    const images = this.inspector.images();
    for (const { layer } of images) if (layer) this.checkLayer(layer);
    for (const image of images) this.checkMappings(image);
    for (const root of new Set(images.map((image) => image.root)))
      this.checkTable(
        root,
        images.filter((image) => image.root === root && !image.isParked),
      );
    this.checkSlots(images);
    this.checkFrames();
    this.checkActive(images, mmu);
    return this.#violations;
  }

  /** What a snapshot refers to, and that it neither keeps shared memory from changing nor lets its parent run. */
  private checkLayer({ pages, saved, gate, parents, children }: LayerView): void {
    const { frames } = this.inspector;
    const refer = (frame: FrameNumber): void => {
      this.refer(frame);
      this.#ofSnapshots[frame]++;
    };
    for (const pte of pages.values()) refer(pteFrame(pte));
    for (const [frame, copy] of saved) {
      refer(copy);
      if (frames.useOf(frame) === FrameUse.Private) continue;
      const va = [...pages].find(([, pte]) => pteFrame(pte) === frame)?.[0];
      this.#violations.push({
        invariant: INVARIANTS.sharedIdentity,
        message: `space ${children[0] ?? '?'}, ${va === undefined ? '?' : toHex(va)}: the snapshot of space ${parents[0] ?? '?'} has saved a shared page, and will roll back what others stored in it`,
        frame,
        owners: this.inspector.owners(frame, va),
        ...(va === undefined ? {} : { va }),
        ...(children[0] === undefined ? {} : { space: children[0] }),
      });
    }
    if (gate.state === 'open')
      this.#violations.push({
        invariant: INVARIANTS.gateOpensLast,
        message: `the gate of space ${parents[0] ?? '?'} is open, but space ${children[0] ?? '?'} still runs in its pages`,
      });
  }

  private refer(frame: FrameNumber): void {
    this.#found[frame]++;
    if (frame >= this.#end) this.#end = Math.min(frame + 1, this.inspector.frames.total);
  }

  private checkMappings(image: ImageView): void {
    for (const mapping of outOfOrder(image.mappings, image.range))
      this.report(INVARIANTS.mappingsInRange, image, `the mapping ${extent(mapping)} is out of range or order`, {
        va: mapping.start,
      });
  }

  /** @param images those whose pages are in the table: one, or, where all have one table, one a slot. */
  private checkTable(root: FrameNumber, images: readonly ImageView[]): void {
    const { tables } = this.inspector;
    tables.forEachTable(root, (table) => this.refer(table));
    this.checkSharedTables(root, images[0]);
    const sorted = images.flatMap((image) => image.mappings.map((mapping) => ({ image, mapping })));
    sorted.sort((a, b) => a.mapping.start - b.mapping.start);
    let index = 0;
    tables.forEachLeaf(root, 0, tables.mode.userEnd, (at, va, pte) => {
      if (this.#counted.get(tables.tableOf(at)) === root) this.refer(pteFrame(pte));
      while (index < sorted.length && sorted[index].mapping.end <= va) index++;
      const here = sorted[index];
      if (here && here.mapping.start <= va) this.checkPage(here.image, here.mapping, va, at);
      else this.report(INVARIANTS.mappingsInRange, images[0], 'a page is present that no mapping holds', { va, pte });
    });
  }

  /** Live parts of one address space are disjoint, and each has somebody. */
  private checkSlots(images: readonly ImageView[]): void {
    const living = images.filter(({ layer, mappings }) => !layer && mappings.length > 0);
    for (const [index, image] of living.entries())
      for (const other of living.slice(0, index))
        if (other.root === image.root && other.range.start < image.range.end && image.range.start < other.range.end)
          this.report(INVARIANTS.mappingsInRange, image, `space ${other.spaces[0] ?? '?'} has the same addresses`, {
            va: image.range.start,
          });
    for (const { index, range, spaces, reservedFor } of this.inspector.slots()) {
      if (spaces.length > 0 || reservedFor.length > 0 || images.some((image) => image.range.start === range.start))
        continue;
      this.#violations.push({
        invariant: INVARIANTS.noLeak,
        message: `slot ${index}, ${toHex(range.start)}-${toHex(range.end)}, is in use, but no space lives there or has reserved it`,
        va: range.start,
      });
    }
  }

  /** A leaf table with several references must be known as shared wherever it is, or one side would change the other's. */
  private checkSharedTables(root: FrameNumber, image: ImageView | undefined): void {
    const { tables, frames } = this.inspector;
    tables.forEachLeafTable(root, 0, tables.mode.userEnd, (at, base) => {
      const pte = frames.memory.i32[at];
      const table = pteFrame(pte);
      if (!this.#counted.has(table)) this.#counted.set(table, root);
      if (frames.refcounts[table] > 1 && !(pte & Pte.CoW))
        this.report(
          INVARIANTS.soleWriter,
          image,
          `the page table in frame ${toHex(table)} is shared, but not copy-on-write`,
          {
            va: base as VirtAddr,
          },
        );
    });
  }

  private checkPage(image: ImageView, mapping: Mapping, va: VirtAddr, at: number): void {
    const { frames } = this.inspector;
    const pte = frames.memory.i32[at];
    const entryTrouble = entryAgainstMapping(mapping, pte);
    if (entryTrouble)
      this.report(INVARIANTS.entryFitsMapping, image, `${entryTrouble} in the mapping ${extent(mapping)}`, { va, pte });

    const frame = pteFrame(pte);
    const page = Math.floor((mapping.offset + (va - mapping.start)) / PAGE_SIZE);
    const isObjects = mapping.object?.cachedPage(page) === frame;
    if (mapping.sharing === 'shared' && !isObjects)
      this.report(INVARIANTS.sharedIdentity, image, `a shared page is not its object's page ${page}`, { va, pte });
    if (mapping.sharing === 'private' && !isObjects && frames.useOf(frame) !== FrameUse.Private)
      this.report(INVARIANTS.refcount, image, 'a private page is a frame of something else', { va, pte });
    const sharers =
      sharersOf(frames, frame) - this.#ofSnapshots[frame] + frames.refcounts[this.inspector.tables.tableOf(at)] - 1;
    if (mapping.sharing === 'private' && pte & Pte.W) this.checkUntouched(image, va, pte);
    if (mapping.sharing === 'private' && pte & Pte.W && (sharers > 1 || isObjects))
      this.report(INVARIANTS.soleWriter, image, `a private page is writable, but its frame has ${sharers} references`, {
        va,
        pte,
      });
  }

  /** What is written in a window is seen by the parent, unless the bytes were saved. */
  private checkUntouched(image: ImageView, va: VirtAddr, pte: number): void {
    const before = image.layer?.pages.get(va);
    const frame = pteFrame(pte);
    if (before === undefined || pteFrame(before) !== frame || image.layer!.saved.has(frame)) return;
    const parent = image.layer!.parents[0] ?? '?';
    this.report(
      INVARIANTS.othersUntouched,
      image,
      `a private page is writable that space ${parent} gets back, and its bytes are not saved`,
      { va, pte },
    );
  }

  private checkFrames(): void {
    const { frames } = this.inspector;
    const leaked: FrameNumber[] = [];
    let used = 0;
    for (let number = 1; number < this.#end; number++) {
      const frame = number as FrameNumber;
      const use = frames.useOf(frame);
      const refcount = frames.refcounts[frame];
      if (use !== FrameUse.Free) used++;
      const found = this.#found[frame] + frames.pins[frame] + (use === FrameUse.Object ? 1 : 0);
      if (refcount === found) continue;
      if (found === 0) leaked.push(frame);
      else
        this.#violations.push({
          invariant: INVARIANTS.refcount,
          message: `frame ${toHex(frame)} has a refcount of ${refcount}, but ${found} references`,
          frame,
          owners: use === FrameUse.Table ? [] : this.inspector.owners(frame),
        });
    }
    if (leaked.length > 0)
      this.#violations.push({ invariant: INVARIANTS.noLeak, message: leakText(leaked), frame: leaked[0], owners: [] });
    this.checkPins();
    if (used !== frames.used)
      this.#violations.push({
        invariant: INVARIANTS.noLeak,
        message: `${frames.used} frames are counted as used, but ${used} are`,
      });
  }

  /** A pinned page stays with its pinner: nobody else maps it, or would see what is written into it. */
  private checkPins(): void {
    const { frames } = this.inspector;
    if (frames.pinned === 0) return;
    for (let number = 1; number < this.#end; number++) {
      const frame = number as FrameNumber;
      if (frames.pins[frame] === 0 || frames.useOf(frame) !== FrameUse.Private) continue;
      const owners = this.inspector.owners(frame);
      const pinner = owners.find((owner) => owner.kind === 'pin')?.space;
      const stranger = owners.find((owner) => owner.kind === 'page' && owner.space !== pinner);
      if (pinner === undefined || stranger?.kind !== 'page') continue;
      this.#violations.push({
        invariant: INVARIANTS.othersUntouched,
        message: `space ${stranger.space}, ${toHex(stranger.va)}: the page has frame ${toHex(frame)}, which space ${pinner} has pinned`,
        space: stranger.space,
        va: stranger.va,
        frame,
        owners,
      });
    }
  }

  private checkActive(images: readonly ImageView[], mmu: Mmu): void {
    const all = images.filter(({ root }) => root === mmu.root);
    const active = all[0];
    if (mmu.root !== 0 && all.every(({ spaces }) => spaces.length === 0))
      this.#violations.push({
        invariant: INVARIANTS.activeIsLive,
        message: `the active page table, in frame ${toHex(mmu.root)}, is not a live space's`,
        frame: mmu.root,
      });
    for (const { tlb, needed, name } of tlbsOf(mmu)) this.checkTlb(active, tlb, name, needed);
  }

  private checkTlb(active: ImageView | undefined, tlb: Tlb, name: string, needed: number): void {
    const { tables, frames } = this.inspector;
    for (const { lo, hi, frame } of tlb.cached()) {
      const va = fromWords(lo, hi);
      const at = active ? tables.findLeaf(active.root, va) : -1;
      const pte = at < 0 ? 0 : frames.memory.i32[at];
      if (isStale(pte, frame, needed))
        this.report(INVARIANTS.tlbFitsEntry, active, `the ${name} TLB holds frame ${toHex(frame)} for a page`, {
          va,
          pte,
        });
      else if (name === 'write' && frames.isCode(frame as FrameNumber))
        this.report(INVARIANTS.tlbFitsEntry, active, 'the write TLB holds a frame with cached instructions', {
          va,
          pte,
        });
    }
  }

  private report(
    invariant: number,
    image: ImageView | undefined,
    message: string,
    { va, pte }: { va: VirtAddr; pte?: number },
  ): void {
    const entry =
      pte === undefined ? '' : `; its entry is ${toHex(pte)} (${pteFlags(pte)}${pte & Pte.CoW ? ', CoW' : ''})`;
    const space = image?.spaces[0];
    this.#violations.push({
      invariant,
      message: `space ${space ?? '?'}, ${toHex(va)}: ${message}${entry}`,
      va,
      ...(space === undefined ? {} : { space }),
      ...(pte ? { frame: pteFrame(pte), owners: this.inspector.owners(pteFrame(pte), va) } : {}),
    });
  }
}

/** Those that do not lie in the range, behind the ones before them. */
function* outOfOrder(mappings: readonly Mapping[], { start, end }: AddressRange): Generator<Mapping> {
  let floor: number = start;
  for (const mapping of mappings) {
    const isAligned = mapping.start % PAGE_SIZE === 0 && mapping.end % PAGE_SIZE === 0;
    if (!isAligned || mapping.start < floor || mapping.end <= mapping.start || mapping.end > end) yield mapping;
    floor = mapping.end;
  }
}

export function areInOrder(mappings: readonly Mapping[], range: AddressRange): boolean {
  return outOfOrder(mappings, range).next().done === true;
}

/** The TLBs of an MMU, what an entry must have that is cached in each, and their names. */
export function tlbsOf({ read, write, execute }: Mmu): readonly CheckedTlb[] {
  return [
    { tlb: read, needed: Pte.R | Pte.A, name: 'read' },
    { tlb: write, needed: Pte.W | Pte.A | Pte.D, name: 'write' },
    { tlb: execute, needed: Pte.X | Pte.A, name: 'execute' },
  ];
}

interface CheckedTlb {
  readonly tlb: Tlb;
  readonly needed: number;
  readonly name: string;
}

/** Whether a frame that a TLB holds for a page is not what its entry allows. */
export function isStale(pte: number, frame: number, needed: number): boolean {
  const all = needed | Pte.V | Pte.U;
  return (pte & all) !== all || pteFrame(pte) !== frame;
}

/** What an entry says that its mapping does not, in words; empty when they agree. */
export function entryAgainstMapping(mapping: Mapping, pte: number): string {
  const { permissions } = mapping;
  const isWritable = (permissions & Pte.W) !== 0;
  if (pte & Pte.CoW && pte & Pte.W) return 'an entry is both CoW and writable';
  if (pte & Pte.CoW && (mapping.sharing === 'shared' || !isWritable)) return 'an entry is CoW';
  if (isWritable && !(pte & (Pte.W | Pte.CoW))) return 'an entry is neither writable nor CoW';
  const allowed = permissions | (isWritable ? Pte.R : 0);
  if (permissions === 0 ? pte & Pte.U : pte & (Pte.R | Pte.W | Pte.X) & ~allowed)
    return 'an entry allows more than is allowed';
  if (permissions !== 0 && !(pte & Pte.U)) return 'an entry forbids user access';
  return '';
}

/** All frames that nobody refers to, neighbours as a range. */
function leakText(leaked: readonly FrameNumber[]): string {
  if (leaked.length === 1) return `frame ${toHex(leaked[0])} is in use, but nobody refers to it`;
  const ranges: { first: number; last: number }[] = [];
  for (const frame of leaked) {
    const range = ranges.at(-1);
    if (range?.last === frame - 1) range.last = frame;
    else ranges.push({ first: frame, last: frame });
  }
  const named = ranges
    .slice(0, LEAKS_NAMED)
    .map(({ first, last }) => (first === last ? toHex(first) : `${toHex(first)}-${toHex(last)}`));
  const more = ranges.length > LEAKS_NAMED ? ', …' : '';
  return `${leaked.length} frames are in use, but nobody refers to them: ${named.join(', ')}${more}`;
}

function extent({ start, end, name }: Mapping): string {
  return `${toHex(start)}-${toHex(end)}${name ? ` ${name}` : ''}`;
}
