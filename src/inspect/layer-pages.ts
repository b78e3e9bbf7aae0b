import { toHex, type FrameNumber, type VirtAddr } from '../memory/address.ts';
import { FrameUse } from '../memory/frames.ts';
import { Pte, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Machine } from '../machine/machine.ts';
import type { LayerView as Layer } from '../platform/inspector.ts';
import type { LayerPageView } from './view.ts';

/** The layer that a `LayerView` names, if it is still there. */
export function findLayer(machine: Machine, start: number, depth: number): Layer | undefined {
  const layers = machine.inspector.images().map(({ layer }) => layer);
  return layers.find((layer) => layer?.range.start === start && layer.depth === depth);
}

/** The pages of one kind in a window, in address order: the `count` ones from the `skip`-th on, and how many there are. */
export function layerPages(
  machine: Machine,
  layer: Layer,
  kind: LayerPageView['kind'],
  skip: number,
  count: number,
): { pages: LayerPageView[]; total: number } {
  const childs = childPages(machine, layer);
  const entries = kind === 'new' ? [...childs].filter(([va]) => !layer.pages.has(va)) : entriesOf(layer, kind);
  const chosen = entries.sort(([a], [b]) => a - b).slice(skip, skip + count);
  const pages = chosen.map(([va, pte]) => ({
    va: toHex(va),
    kind,
    frame: pteFrame(pte),
    flags: pteFlags(pte),
    cow: (pte & Pte.CoW) !== 0,
    ...(kind === 'saved' ? { savedIn: layer.saved.get(pteFrame(pte))! } : {}),
    explanation:
      kind === 'new' ? 'the child’s alone: dropped at the end' : explanation(machine, layer, va, pte, childs),
  }));
  return { pages, total: entries.length };
}

function entriesOf({ pages, saved }: Layer, kind: 'saved' | 'kept'): [VirtAddr, number][] {
  return [...pages].filter(([, pte]) => saved.has(pteFrame(pte)) === (kind === 'saved'));
}

/** The entries that the child has now, or left to a child of its own. */
function childPages(machine: Machine, { children: [child], range }: Layer): Map<VirtAddr, number> {
  const pages = new Map<VirtAddr, number>();
  if (child !== undefined) machine.inspector.forEachPage(child, range, ({ va, pte }) => pages.set(va, pte));
  return pages;
}

function explanation(
  machine: Machine,
  { saved, children }: Layer,
  va: VirtAddr,
  pte: number,
  childs: ReadonlyMap<VirtAddr, number>,
): string {
  const frame = pteFrame(pte);
  return [bytesText(machine, frame, saved.get(frame)), children.length > 0 ? entryText(pte, childs.get(va)) : '']
    .filter((part) => part !== '')
    .join('; ');
}

function bytesText(machine: Machine, frame: FrameNumber, copy: FrameNumber | undefined): string {
  const isObjects = machine.frames.useOf(frame) === FrameUse.Object;
  if (copy === undefined) return isObjects ? 'shared or of a file: takes no part' : 'not written since the fork';
  if (isObjects) return 'shared, but saved: what others store in it will be rolled back';
  return machine.frames.isEqual(frame, copy) ? 'not changed since it was saved' : 'changed: its bytes are put back';
}

/** What has become of the page's entry. */
function entryText(before: number, now: number | undefined): string {
  if (now === undefined) return 'the child has no page here any more: it is put back';
  if (pteFrame(now) !== pteFrame(before)) return 'the child has another frame here: it is dropped';
  return '';
}
