import { pageFloor, toHex, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { Pte, isLeaf, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { FaultCause } from '../platform/fault.ts';
import { mappingName, permissionText } from './mapping-view.ts';
import { pageDetail } from './page-view.ts';
import { decodePte } from './table-view.ts';
import type { PageDetail } from './view.ts';

/** Why an access to an address would go through or fault, from the mapping down to the frame. */
export interface Explanation {
  readonly va: string;
  readonly access: 'load' | 'store' | 'fetch';
  /** One sentence: what happens at such an access. */
  readonly verdict: string;
  readonly cause: FaultCause | 'none';
  readonly mapping: { readonly range: string; readonly perms: string; readonly name: string } | undefined;
  /** One line a level of the walk. */
  readonly walk: readonly string[];
  readonly page: PageDetail | undefined;
}

export const ACCESS_NAMES: Record<Access, Explanation['access']> = {
  [Access.Read]: 'load',
  [Access.Write]: 'store',
  [Access.Execute]: 'fetch',
};

export function explainAccess(
  machine: Machine,
  process: Process,
  va: VirtAddr,
  access: Access,
): Explanation | undefined {
  if (!process.space) return undefined;
  const { inspector, provider } = machine;
  const space = provider.label(process.space);
  const steps = inspector.walk(space, va);
  const mapping = inspector.mappings(space).find(({ start, end }) => start <= va && va < end);
  const last = steps.at(-1)!;
  const present = (last.pte & Pte.V) !== 0 && isLeaf(last.pte);
  const page = present
    ? pageDetail(machine, space, {
        va: pageFloor(va),
        level: last.level,
        pte: last.pte,
        frame: pteFrame(last.pte),
        refcount: inspector.references(pteFrame(last.pte), pageFloor(va)),
      })
    : undefined;
  const allowed = present && (last.pte & neededBit(access)) !== 0;
  const cause = allowed ? 'none' : provider.classifyFault(process.space, va, access).cause;
  return {
    va: toHex(va),
    access: ACCESS_NAMES[access],
    cause,
    verdict: verdict(cause, ACCESS_NAMES[access], page),
    mapping: mapping && {
      range: `${toHex(mapping.start)}-${toHex(mapping.end)}`,
      perms: permissionText(mapping),
      name: mappingName(mapping),
    },
    walk: steps.map(
      ({ level, table, index, pte }) =>
        `level ${level}: entry ${index} of table ${toHex(table)} is ${toHex(pte >>> 0)} ${pteFlags(pte)} (${decodePte(pte)})`,
    ),
    page,
  };
}

function neededBit(access: Access): number {
  return access === Access.Write ? Pte.W : access === Access.Read ? Pte.R : Pte.X;
}

function verdict(cause: FaultCause | 'none', access: string, page: PageDetail | undefined): string {
  switch (cause) {
    case 'none':
    case 'spurious':
      return `a ${access} goes through: ${page?.explanation ?? 'the entry allows it'}`;
    case 'cow':
      return `a ${access} faults: ${page?.explanation ?? 'the page is copied'}`;
    case 'demand-zero':
      return `a ${access} faults: no page is there yet, the kernel maps one of zeroes`;
    case 'file':
      return `a ${access} faults: the page is brought in from the mapped object`;
    case 'stack-growth':
      return `a ${access} faults: the stack grows down to this page`;
    case 'protection':
      return `a ${access} faults: the mapping does not allow it (SIGSEGV)`;
    case 'unmapped':
      return `a ${access} faults: nothing is mapped here (SIGSEGV)`;
    case 'past-end':
      return `a ${access} faults: the page lies past the end of the mapped file (SIGBUS)`;
    case 'no-memory':
      return `a ${access} faults: guest RAM is used up`;
  }
}

/** The explanation as lines of text. */
export function explanationLines(explanation: Explanation): string[] {
  const { va, access, verdict: sentence, mapping, walk, page } = explanation;
  return [
    `${access} at ${va}: ${sentence}`,
    mapping ? `mapping ${mapping.range} ${mapping.perms} ${mapping.name}` : 'no mapping covers this address',
    ...walk,
    ...(page
      ? [
          `frame ${toHex(page.frame)}, ${page.refcount} reference${page.refcount === 1 ? '' : 's'}: ${page.owners.join('; ')}`,
        ]
      : []),
  ];
}
