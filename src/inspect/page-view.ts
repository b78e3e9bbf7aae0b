import { PAGE_SIZE, toHex, virtAddr, type AddressRange, type FrameNumber } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { Pte, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Machine } from '../machine/machine.ts';
import type { FrameOwner, PageView as Page } from '../platform/inspector.ts';
import type { Mapping } from '../platform/mapping.ts';
import type { ChangeMarks } from './changes/change-marks.ts';
import { WHOLE_SPACE } from './mapping-view.ts';
import { baseName } from './process-view.ts';
import { pidsBySpace } from './spaces.ts';
import type { PageDetail, PageGroupView, PageView, SharingState } from './view.ts';

/** What Linux calls the object of a mapping that is both shared and anonymous. */
export const SHARED_ANONYMOUS = '/dev/zero (deleted)';

/** References to a frame that are listed one by one. */
const MOST_OWNERS = 32;

/** Every present page of a space, in address order. */
export function pageViews(machine: Machine, space: number): PageView[] {
  const pids = pidsBySpace(machine);
  const pages: Page[] = [];
  machine.inspector.forEachPage(space, WHOLE_SPACE, (page) => pages.push(page));
  const owners = machine.inspector.ownersOf(pages);
  return pages.map((page, index) => pageView(page, space, owners[index], pids));
}

/** One present page as the JSON of `inspect` has it. */
function pageView(page: Page, space: number, owners: readonly FrameOwner[], pids: Map<number, number[]>): PageView {
  return {
    va: toHex(page.va),
    level: page.level,
    pte: toHex(page.pte >>> 0),
    frame: page.frame,
    refcount: page.refcount,
    cow: (page.pte & Pte.CoW) !== 0,
    flags: pteFlags(page.pte),
    sharedWith: sharers(owners, space, pids),
  };
}

/** Present pages of a range: the `count` ones from the `skip`-th on, and how many there are in all. */
export function pageDetails(
  machine: Machine,
  space: number,
  range: AddressRange,
  skip: number,
  count: number,
  marks?: ChangeMarks,
): { pages: PageDetail[]; total: number } {
  const { inspector } = machine;
  const asked: Page[] = [];
  let total = 0;
  inspector.forEachEntry(space, range, (va, pte) => {
    if (total++ < skip || asked.length >= count) return;
    const frame = pteFrame(pte);
    asked.push({ va, level: 0, pte, frame, refcount: inspector.references(frame, va) });
  });
  const pids = pidsBySpace(machine);
  const owners = inspector.ownersOf(asked);
  const pages = asked.map((page, index) => {
    const changed = marks?.page(space, page.va, page.pte);
    return { ...detail(machine, space, page, owners[index], pids), ...(changed ? { changed } : {}) };
  });
  return { pages, total };
}

/** Present pages of a range in groups of `size`, in address order. */
export function pageGroups(
  machine: Machine,
  space: number,
  range: AddressRange,
  size: number,
  marks?: ChangeMarks,
): PageGroupView[] {
  const isRecounted = marks?.recounted(space);
  const groups: { start: number; last: number; count: number; recounted: number }[] = [];
  machine.inspector.forEachEntry(space, range, (va, pte) => {
    let group = groups.at(-1);
    if (!group || group.count === size) groups.push((group = { start: va, last: va, count: 0, recounted: 0 }));
    group.last = va;
    group.count++;
    if (isRecounted?.(va, pte)) group.recounted++;
  });
  return groups.map(({ start, last, count, recounted }) => {
    const end = last + PAGE_SIZE;
    const changed = marks?.pages(space, start, end, recounted);
    return { start: toHex(virtAddr(start)), end: toHex(virtAddr(end)), count, ...(changed ? { changed } : {}) };
  });
}

/** Everything there is to say about one present page. */
export function pageDetail(machine: Machine, space: number, page: Page): PageDetail {
  return detail(machine, space, page, machine.inspector.owners(page.frame, page.va), pidsBySpace(machine));
}

function detail(
  machine: Machine,
  space: number,
  page: Page,
  owners: readonly FrameOwner[],
  pids: Map<number, number[]>,
): PageDetail {
  const mapping = machine.inspector.mappingAt(space, page.va);
  const view = pageView(page, space, owners, pids);
  const state = sharingState(machine, page, space, mapping, owners);
  const named = owners.slice(0, MOST_OWNERS).map((owner) => ownerText(owner, pids));
  return {
    ...view,
    state,
    explanation:
      state === 'lent' || state === 'borrowed'
        ? windowExplanation(state, view, savedBytesOf(machine, page.frame))
        : explanation(state, view, owners, mapping),
    owners: owners.length > named.length ? [...named, `${owners.length - named.length} more`] : named,
  };
}

/** The frame with the bytes that a frame had before they were written in a window, if they were. */
function savedBytesOf(machine: Machine, frame: FrameNumber): FrameNumber | undefined {
  for (const { layer } of machine.inspector.images()) {
    const copy = layer?.saved.get(frame);
    if (copy !== undefined) return copy;
  }
  return undefined;
}

/** pids of processes with other memory that map the frame, or get it back. */
function sharers(owners: readonly FrameOwner[], space: number, pids: Map<number, number[]>): number[] {
  const own = pids.get(space);
  const others = new Set<number>();
  for (const owner of owners) {
    if (owner.kind !== 'page' && !isHold(owner)) continue;
    const processes = pids.get(owner.space);
    if (processes && processes !== own) for (const pid of processes) others.add(pid);
  }
  return [...others].sort((a, b) => a - b);
}

/** Whether an owner is a snapshot that has the frame as a page of a parent that waits. */
function isHold(owner: FrameOwner): owner is Extract<FrameOwner, { kind: 'snapshot' }> {
  return owner.kind === 'snapshot' && owner.what === 'held';
}

function sharingState(
  machine: Machine,
  page: Page,
  space: number,
  mapping: Mapping | undefined,
  owners: readonly FrameOwner[],
): SharingState {
  if (mapping?.sharing === 'shared') return 'shared';
  const holds = owners.filter(isHold);
  if (holds.length > 0 && machine.frames.uses[page.frame] === (FrameUse.Private as number))
    return holds.some((hold) => machine.inspector.withSameMemory(space).includes(hold.space)) ? 'lent' : 'borrowed';
  if (page.pte & Pte.CoW) return page.refcount > 1 ? 'cow-shared' : 'cow-last';
  if (machine.frames.uses[page.frame] === (FrameUse.Object as number)) return 'page-cache';
  return page.refcount > 1 ? 'cow-shared' : 'private';
}

/** What a write in a window costs, or has cost, and what becomes of it. */
function windowExplanation(state: 'lent' | 'borrowed', view: PageView, saved: FrameNumber | undefined): string {
  const frame = `frame ${toHex(view.frame)}`;
  const others = view.sharedWith.length > 0 ? pidList(view.sharedWith) : 'a process that was killed';
  if (state === 'lent')
    return saved === undefined
      ? `lent to ${others}, not written since the fork`
      : `lent to ${others}: the bytes of before are in frame ${toHex(saved)} and will be put back`;
  if (saved !== undefined)
    return `borrowed from ${others}: written in place, the bytes of before are in frame ${toHex(saved)}`;
  return view.cow
    ? `borrowed from ${others}: the next write saves the bytes of ${frame}, and is done in place`
    : `borrowed from ${others}`;
}

/** A sentence about who sees a write to the page and what it costs. */
function explanation(
  state: Exclude<SharingState, 'lent' | 'borrowed'>,
  view: PageView,
  owners: readonly FrameOwner[],
  mapping: Mapping | undefined,
): string {
  const frame = `frame ${toHex(view.frame)}`;
  const others = sharingPartners(view, owners);
  const writable = mapping !== undefined && (mapping.permissions & Pte.W) !== 0;
  switch (state) {
    case 'private':
      return `private: ${frame} belongs to this process alone`;
    case 'cow-shared':
      return `copy-on-write, shared with ${others}: ${
        writable ? `the next write copies ${frame}` : 'the mapping does not allow writing'
      }`;
    case 'cow-last':
      return `copy-on-write, no sharer left: the next write takes ${frame} over without a copy`;
    case 'shared':
      return view.sharedWith.length > 0
        ? `shared memory: a write is seen by ${pidList(view.sharedWith)} at once`
        : 'shared memory: nobody else maps it now';
    case 'page-cache':
      return `${frame} of the page cache, read-only here`;
  }
}

function sharingPartners(view: PageView, owners: readonly FrameOwner[]): string {
  const object = owners.find((owner) => owner.kind === 'object');
  const parts = [];
  if (view.sharedWith.length > 0) parts.push(pidList(view.sharedWith));
  if (object) parts.push(`the page cache of ${baseName(object.name)}`);
  return parts.join(' and ') || 'another page of this process';
}

/** pids that a sentence names. */
const MOST_NAMED = 8;

/** `pid 1`, `pids 1 and 3`, `pids 1, 3 and 4`; of many the first ones, `pids 1, 2, 3, 4, 5, 6, 7, 8 and 92 more`. */
export function pidList(pids: readonly number[]): string {
  if (pids.length > MOST_NAMED + 1)
    return `pids ${pids.slice(0, MOST_NAMED).join(', ')} and ${pids.length - MOST_NAMED} more`;
  if (pids.length <= 1) return `pid ${pids.join('')}`;
  return `pids ${pids.slice(0, -1).join(', ')} and ${pids.at(-1)}`;
}

/** `pid 1 at 0x11000`, `page cache of fork-cow, page 3`, `snapshot of pid 1 at 0x11000`. */
export function ownerText(owner: FrameOwner, pids: Map<number, number[]>): string {
  switch (owner.kind) {
    case 'page':
      return `${pidList(pids.get(owner.space) ?? [])} at ${toHex(owner.va)}`;
    case 'object':
      return owner.name === SHARED_ANONYMOUS
        ? `shared anonymous memory, page ${owner.page}`
        : `page cache of ${baseName(owner.name)}, page ${owner.page}`;
    case 'snapshot': {
      const parents = pids.get(owner.space);
      const of = `${parents ? pidList(parents) : 'a process that was killed'} at ${toHex(owner.va)}`;
      return owner.what === 'held' ? `snapshot of ${of}` : `saved bytes of ${of}`;
    }
    case 'pin': {
      const pinners = owner.space === undefined ? undefined : pids.get(owner.space);
      const of = pinners ? ` of ${pidList(pinners)}` : '';
      return owner.count === 1 ? `pinned by a system call${of}` : `pinned ${owner.count} times by system calls${of}`;
    }
  }
}
