import { PAGE_SIZE, pageFloor, type VirtAddr } from '../../memory/address.ts';
import type { MemoryLayout } from '../../memory/layout.ts';
import { analyse } from './analysis.ts';
import { discover, type CodeView, type DiscoveryLimits } from './discover.ts';
import { generate } from './generate.ts';
import { codeLayout } from './layout.ts';
import { structure } from './structure.ts';
import type { Entry, Translation } from './translation.ts';
import { encodeModule } from './wasm-encoder.ts';

export interface TranslationRequest {
  readonly view: CodeView;
  /** Addresses where the region is to be entered; the first is the one that is hot. */
  readonly heads: readonly VirtAddr[];
  /** Whether control comes to the last head from outside. */
  readonly lastIsEntry: boolean;
  readonly limits: DiscoveryLimits;
  readonly growth: number;
  readonly madeAt: number;
  readonly slot: number;
  readonly ungrouped: ReadonlySet<number>;
  readonly inexactIsSet: boolean;
  readonly hostFuses: boolean;
}

/** A translation and the module with its function, which is to be put into the table. */
export interface Translated {
  readonly translation: Translation;
  readonly module: Uint8Array<ArrayBuffer>;
}

const WASM_PAGE_SHIFT = 16;

/** Takes a piece of guest code through all stages. Undefined where there is nothing to translate. */
export function translate(memory: MemoryLayout, request: TranslationRequest): Translated | undefined {
  const region = discover(request.view, request.heads, request.lastIsEntry, request.limits);
  if (!region) return undefined;
  const tree = structure(region);
  const analysis = analyse(region, tree);
  const { growth, madeAt, slot } = request;
  const made = generate(region, tree, analysis, { ...request, layout: codeLayout(memory) });
  const entries: Entry[] = [];
  const translation: Translation = {
    slot,
    pages: region.pages,
    entries,
    exits: made.exits,
    groupExits: made.groupExits,
    incoming: new Set(),
    heads: region.heads.map((block) => block.va),
    starts: new Set([...region.own].map((block) => block.va)),
    size: region.size,
    growth,
    madeAt,
    unsuitable: 0,
    straddles: new Map(),
  };
  tree.entries.forEach((block, number) => {
    const page = region.pages.find(({ va }) => va === pageFloor(block.va))!;
    entries.push({
      va: block.va,
      physical: page.frame * PAGE_SIZE + (block.va - page.va),
      translation,
      target: (slot << 16) | number,
      slack: analysis.slack[block.index],
    });
  });
  const module = encodeModule({
    name: `guest_${region.heads[0].va.toString(16)}`,
    locals: made.locals,
    body: made.body,
    memoryPages: memory.total >>> WASM_PAGE_SHIFT,
  });
  return { translation, module };
}
