import { NO_FRAME, PAGE_SIZE, pageFloor, toHex, type VirtAddr } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { Pte, isLeaf, pteFlags, pteFrame } from '../memory/pte.ts';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { FaultCause } from '../platform/fault.ts';
import type { Mapping } from '../platform/mapping.ts';
import { allows } from '../platform/page-faults.ts';
import type { CowLedger } from './cow-ledger.ts';
import { sharingHistory } from './ledger-text.ts';
import { momentView } from './ledger-view.ts';
import { mappingName, permissionText } from './mapping-view.ts';
import { pageDetail } from './page-view.ts';
import { decodePte } from './table-view.ts';
import type { LedgerMomentView, PageDetail } from './view.ts';

/** What one kind of access to an address does. */
export interface AccessVerdict {
  readonly access: 'load' | 'store' | 'fetch';
  /** One sentence: what happens at such an access. */
  readonly verdict: string;
  readonly cause: FaultCause | 'none';
}

/** Everything about an address, from the mapping down to the frame and those who share it. */
export interface AddressExplanation {
  /** What was asked for, where that is an expression: a pointer, whose target this is, or the object that is here. */
  readonly asked?: { readonly expression: string; readonly is: 'pointer' | 'object' };
  readonly va: string;
  readonly pid: number;
  /** What lies there, where the program is known: `table[17].next`. */
  readonly name?: string;
  /** What lies in its page. */
  readonly names?: readonly string[];
  readonly mapping:
    | {
        readonly range: string;
        readonly perms: string;
        readonly name: string;
        readonly kind: MappingKind;
        /** Where the address is in the object that the pages come from, hex. */
        readonly offset?: string;
      }
    | undefined;
  /** One line a level of the walk. */
  readonly walk: readonly string[];
  /** Where the address is in guest RAM, hex; absent where no page is present. */
  readonly physical?: string;
  readonly page: PageDetail | undefined;
  /** Since when the frame is shared, and how its sharing ended for this process before; oldest first. */
  readonly history: readonly string[];
  /** The forks and writes that those are about, in the same order. */
  readonly historyAt: readonly LedgerMomentView[];
  /** What a load, a store and a fetch would do. */
  readonly accesses: readonly AccessVerdict[];
}

type MappingKind = 'stack' | 'heap' | 'file' | 'shared memory' | 'anonymous';

/** Why an access to an address would go through or fault. */
export interface Explanation extends AddressExplanation, AccessVerdict {}

export const ACCESS_NAMES: Record<Access, AccessVerdict['access']> = {
  [Access.Read]: 'load',
  [Access.Write]: 'store',
  [Access.Execute]: 'fetch',
};

/** `store to 0x11ff0`, `load of 0x11ff0`. */
export function accessText(access: Access, va: VirtAddr): string {
  return `${ACCESS_NAMES[access]} ${access === Access.Write ? 'to' : 'of'} ${toHex(va)}`;
}

/** Exception codes of scause (privileged manual, table "Supervisor cause register values after trap"). */
const PAGE_FAULTS: Record<Access, string> = {
  [Access.Execute]: '12 (instruction page fault)',
  [Access.Read]: '13 (load page fault)',
  [Access.Write]: '15 (store/AMO page fault)',
};

/** What the hart reports of a page fault, before anybody has thought about it. */
export function rawFault(access: Access, va: VirtAddr): string {
  return `scause ${PAGE_FAULTS[access]}, stval ${toHex(va)}`;
}

/** Changes nothing, not even an A bit. `undefined` for a process that has ended. */
export function explainAddress(
  machine: Machine,
  process: Process,
  va: VirtAddr,
  ledger?: CowLedger,
): AddressExplanation | undefined {
  if (!process.space) return undefined;
  const { inspector, provider } = machine;
  const space = provider.label(process.space);
  const steps = inspector.walk(space, va);
  const mapping = inspector.mappingAt(space, va);
  const last = steps.at(-1)!;
  const present = (last.pte & Pte.V) !== 0 && isLeaf(last.pte);
  const frame = present ? pteFrame(last.pte) : NO_FRAME;
  const page = present
    ? pageDetail(machine, space, {
        va: pageFloor(va),
        level: last.level,
        pte: last.pte,
        frame,
        refcount: inspector.references(frame, pageFloor(va)),
      })
    : undefined;
  const history = ledger ? sharingHistory(machine, ledger, space, pageFloor(va), present ? frame : undefined) : [];
  return {
    va: toHex(va),
    pid: process.pid,
    mapping: mapping && mappingFacts(mapping, va),
    walk: steps.map(
      ({ level, table, index, pte }) =>
        `level ${level}: entry ${index} of table ${toHex(table)} is ${toHex(pte >>> 0)} ${pteFlags(pte)} (${decodePte(pte)})`,
    ),
    ...(present ? { physical: toHex(frame * PAGE_SIZE + (va % PAGE_SIZE)) } : {}),
    page,
    history: history.map(({ text }) => text),
    historyAt: history.map(({ at }) => momentView(at)),
    accesses: [Access.Read, Access.Write, Access.Execute].map((access) => {
      const isAllowed = present && (last.pte & neededBit(access)) !== 0;
      const cause = isAllowed ? 'none' : provider.classifyFault(process.space!, va, access).cause;
      const refusal = mapping && allows(mapping, access) ? ENTRY_REFUSES : MAPPING_REFUSES;
      return { access: ACCESS_NAMES[access], cause, verdict: verdict(cause, ACCESS_NAMES[access], page, refusal) };
    }),
  };
}

/** The same, about one kind of access. */
export function explainAccess(
  machine: Machine,
  process: Process,
  va: VirtAddr,
  access: Access,
  ledger?: CowLedger,
): Explanation | undefined {
  const explained = explainAddress(machine, process, va, ledger);
  return explained && { ...explained, ...explained.accesses.find((one) => one.access === ACCESS_NAMES[access])! };
}

function mappingFacts(mapping: Mapping, va: VirtAddr): AddressExplanation['mapping'] {
  const { start, end, object, offset } = mapping;
  return {
    range: `${toHex(start)}-${toHex(end)}`,
    perms: permissionText(mapping),
    name: mappingName(mapping),
    kind: mappingKind(mapping),
    ...(object ? { offset: toHex(offset + va - start) } : {}),
  };
}

function mappingKind({ name, object, sharing }: Mapping): MappingKind {
  if (name === '[stack]') return 'stack';
  if (name === '[heap]') return 'heap';
  if (object && name.startsWith('/') && !name.endsWith(' (deleted)')) return 'file';
  return sharing === 'shared' ? 'shared memory' : 'anonymous';
}

function neededBit(access: Access): number {
  return access === Access.Write ? Pte.W : access === Access.Read ? Pte.R : Pte.X;
}

const MAPPING_REFUSES = 'the mapping does not allow it';
/** Only where a platform is at fault. */
const ENTRY_REFUSES = 'the mapping allows it, but the entry does not, and is not copy-on-write';

function verdict(cause: FaultCause | 'none', access: string, page: PageDetail | undefined, refusal: string): string {
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
      return `a ${access} faults: ${refusal} (SIGSEGV)`;
    case 'unmapped':
      return `a ${access} faults: nothing is mapped here (SIGSEGV)`;
    case 'past-end':
      return `a ${access} faults: the page lies past the end of the mapped file (SIGBUS)`;
    case 'no-memory':
      return `a ${access} faults: guest RAM is used up`;
  }
}

/** What is known of an address whatever the access, as lines of text. */
export function addressLines({ mapping, names, walk, page, physical, history }: AddressExplanation): string[] {
  return [
    mapping ? mappingLine(mapping) : 'no mapping covers this address',
    ...(names && names.length > 0 ? [`in this page: ${names.join('; ')}`] : []),
    ...walk,
    ...(page
      ? [
          `frame ${toHex(page.frame)}, ${page.refcount} reference${page.refcount === 1 ? '' : 's'}: ${page.owners.join('; ')}`,
          `physical address ${physical}`,
        ]
      : []),
    ...history,
  ];
}

function mappingLine({ range, perms, name, kind, offset }: NonNullable<AddressExplanation['mapping']>): string {
  const facts = [...(kind === 'stack' || kind === 'heap' ? [] : [kind]), ...(offset ? [`offset ${offset}`] : [])];
  const more = facts.filter((fact) => !name.includes(fact));
  return `mapping ${range} ${perms} ${name}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

/** The explanation of an access as lines of text. */
export function explanationLines(explanation: Explanation): string[] {
  const { va, access, verdict: sentence } = explanation;
  return [`${access} at ${va}: ${sentence}`, ...addressLines(explanation)];
}

/** Everything about an address as lines of text. */
export function wholeExplanation(explanation: AddressExplanation): string[] {
  const { page, accesses } = explanation;
  return [
    `${placeLine(explanation)}: ${page?.explanation ?? 'no page is present'}`,
    ...addressLines(explanation),
    ...accesses.map(({ verdict: sentence }) => sentence),
  ];
}

/**
 * What was asked for, where that is, and what lies there: `p points to 0x11844 in pid 2, counter`, `counter is at 0x11844
 * in pid 2`, `0x11844 in pid 2, counter`.
 */
export function placeLine({ asked, va, pid, name }: AddressExplanation): string {
  const where = `${va} in pid ${pid}`;
  const what = name === undefined || name === asked?.expression ? '' : `, ${name}`;
  if (!asked) return where + what;
  return `${asked.expression} ${asked.is === 'pointer' ? 'points to' : 'is at'} ${where}${what}`;
}

/** An address in a few words: `[heap] rw-p, copy-on-write, shared with pid 1: the next write copies frame 0x23`. */
export function shortExplanation({ mapping, page, accesses, name }: AddressExplanation): string {
  if (!mapping) return 'nothing is mapped here';
  const [load] = accesses;
  const what = name === undefined ? '' : `${name}, `;
  return `${what}${mapping.name} ${mapping.perms}, ${page ? page.explanation : load.verdict}`;
}
