import { marked } from '../../inspect/changes/change-text.ts';
import { mappingName, mappingViews } from '../../inspect/mapping-view.ts';
import { pageDetails } from '../../inspect/page-view.ts';
import { baseName } from '../../inspect/process-view.ts';
import type { MappingView, PageDetail } from '../../inspect/view.ts';
import type { Process } from '../../linux/process.ts';
import { PAGE_SIZE, toHex, virtAddr } from '../../memory/address.ts';
import { namesText } from '../../program/names/memory-name.ts';
import { namedPages } from '../../program/names/named-views.ts';
import type { Looked } from '../looked.ts';
import { memoryReference } from '../memory-reference.ts';
import { sliced, type Container, type Row } from '../variable-store.ts';
import { pageTarget, type WatchTarget } from '../watch-target.ts';

/** The mappings of a process, which expand to their pages, which expand to what is known of each. */
export function addressSpaceScope(looked: Looked, process: Process): Container | undefined {
  const { machine, marks } = looked;
  if (!process.space) return undefined;
  const space = machine.provider.label(process.space);
  return {
    children: ({ start, count = Infinity }) =>
      mappingViews(machine, space, marks, { skip: start, count }).map((view) => ({
        name: `${view.start}-${view.end}`,
        value: marked(view, mappingText(view)),
        memoryReference: memoryReference(process.pid, BigInt(view.start)),
        presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
        parts: view.present > 0 ? pages(looked, process, space, view) : undefined,
      })),
    watched(name) {
      const [start, end] = name.split('-').map(Number);
      return end - start === PAGE_SIZE
        ? pageTarget(process.pid, start)
        : { error: `${name} is more than a page: expand it, and watch one of its pages` };
    },
  };
}

function mappingText(view: MappingView): string {
  const name = baseName(mappingName({ name: view.name, sharing: view.perms.endsWith('s') ? 'shared' : 'private' }));
  const counts = [`${view.present} ${view.present === 1 ? 'page' : 'pages'} present`];
  if (view.cow > 0) counts.push(`${view.cow} copy-on-write`);
  return `${view.perms} ${name}, ${counts.join(', ')}`;
}

function pages({ machine, names, marks }: Looked, process: Process, space: number, view: MappingView): Container {
  const range = { start: virtAddr(Number(view.start)), end: virtAddr(Number(view.end)) };
  return {
    indexed: view.present,
    children: ({ start, count }) =>
      namedPages(names, process, pageDetails(machine, space, range, start, count ?? Infinity, marks).pages).map(
        (page) => ({
          name: page.va,
          value: marked(page, page.names?.length ? `${namesText(page.names)} — ${page.explanation}` : page.explanation),
          memoryReference: memoryReference(process.pid, BigInt(page.va)),
          presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
          parts: {
            children: (slice) => sliced(facts(page), slice),
            watched: (fact) => factTarget(process.pid, Number(page.va), fact),
          },
        }),
      ),
    watched: (name) => pageTarget(process.pid, Number(name)),
  };
}

/** What there is to watch of a page: its bytes, its entry, or how many refer to its frame. */
function factTarget(pid: number, address: number, fact: string): WatchTarget {
  switch (fact) {
    case 'entry':
      return { kind: 'pte', pid, address, level: 0 };
    case 'frame':
    case 'references':
      return { kind: 'refcount', pid, address };
    default:
      return pageTarget(pid, address);
  }
}

function facts(page: PageDetail): Row[] {
  const texts: [string, string][] = [
    ['state', page.state],
    ['frame', toHex(page.frame)],
    ['references', `${page.refcount}: ${page.owners.join('; ')}`],
    ['entry', `${page.pte} ${page.flags}${page.cow ? ' CoW' : ''}`],
  ];
  return texts.map(([name, value]) => ({
    name,
    value,
    presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
  }));
}
