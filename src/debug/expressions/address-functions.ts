import { INT, UNSIGNED_LONG } from '../../expressions/c-types.ts';
import type { BuiltIn, Meaning, Presentation } from '../../expressions/names.ts';
import type { Scalar } from '../../expressions/values.ts';
import { explainAccess, explanationLines } from '../../inspect/explain.ts';
import { mappingName, permissionText } from '../../inspect/mapping-view.ts';
import { spaceOf } from '../../inspect/spaces.ts';
import type { PageDetail } from '../../inspect/view.ts';
import type { Machine } from '../../machine/machine.ts';
import { PAGE_SIZE, toHex, type VirtAddr } from '../../memory/address.ts';
import { Access } from '../../memory/mmu.ts';
import { isLeaf, Pte, pteFlags, pteFrame } from '../../memory/pte.ts';
import type { Unavailable } from '../../symbols/storage.ts';
import type { Type } from '../../symbols/type.ts';
import type { DebugMoment } from './debug-moment.ts';

/** A page that is present, as conditions ask for it. */
interface PresentPage {
  readonly pte: number;
  readonly frame: number;
  readonly refcount: number;
}

/** The page of an address in the process of a moment; `undefined` where none is present. */
function pageAt({ machine, at }: DebugMoment, va: VirtAddr): PresentPage | undefined {
  const space = spaceOf(machine, at.task.process);
  return space === undefined ? undefined : pageIn(machine, space, va);
}

/** The page of an address in a space; `undefined` where none is present. */
export function pageIn({ inspector }: Machine, space: number, va: VirtAddr): PresentPage | undefined {
  const leaf = inspector.walk(space, va).at(-1)!;
  if (!(leaf.pte & Pte.V) || !isLeaf(leaf.pte)) return undefined;
  const frame = pteFrame(leaf.pte);
  return { pte: leaf.pte, frame, refcount: inspector.references(frame, pageStart(va)) };
}

function pageStart(va: number): VirtAddr {
  return (va - (va % PAGE_SIZE)) as VirtAddr;
}

type Read<T> = (moment: DebugMoment, va: VirtAddr) => T | Unavailable;

/** A function of an address whose value is a number. */
function numeric(
  about: string,
  type: Type,
  read: Read<bigint>,
  present?: (moment: DebugMoment, va: VirtAddr, value: bigint) => Presentation,
): AddressFunction {
  return {
    about,
    call: (address): Meaning<DebugMoment> => ({
      kind: 'value',
      type,
      read: (moment) => withAddress(address(moment), (va) => read(moment, va)),
      ...(present
        ? {
            present: (moment: DebugMoment, value: Scalar) =>
              present(moment, Number(address(moment)) as VirtAddr, value as bigint),
          }
        : {}),
    }),
  };
}

interface AddressFunction extends BuiltIn<DebugMoment> {
  /** For who chooses among them. */
  readonly about: string;
}

/** The functions of an address: what the page tables, the frame table and the mappings say of it, read without a trace. */
export const ADDRESS_FUNCTIONS: Readonly<Record<string, AddressFunction>> = {
  pte: numeric(
    'the page-table entry that an address is translated by',
    UNSIGNED_LONG,
    ({ machine, at }, va) => {
      const { space } = at.task.process;
      if (!space) return ENDED;
      return BigInt(machine.inspector.walk(machine.provider.label(space), va).at(-1)!.pte >>> 0);
    },
    (_, __, value) => ({ text: `${toHex(value)} ${pteFlags(Number(value))}` }),
  ),
  frame: numeric(
    'the frame that the page of an address is in',
    INT,
    (moment, va) => {
      const page = pageAt(moment, va);
      return page ? BigInt(page.frame) : { unavailable: `no page is present at ${toHex(va)}` };
    },
    (_, __, value) => ({ text: toHex(value) }),
  ),
  refcount: numeric('how many references the frame of an address has', INT, (moment, va) =>
    BigInt(pageAt(moment, va)?.refcount ?? 0),
  ),
  owners: numeric(
    'who refers to the frame of an address',
    INT,
    (moment, va) => BigInt(detailAt(moment, va)?.owners.length ?? 0),
    (moment, va) => {
      const owners = detailAt(moment, va)?.owners ?? [];
      return {
        text: owners.length === 0 ? 'none: no page is present' : `${owners.length}: ${owners.join('; ')}`,
        parts: owners.map((value, index) => ({ name: `[${index}]`, value })),
      };
    },
  ),
  mapping: {
    about: 'the mapping that an address lies in',
    call(address): Meaning<DebugMoment> {
      const find = (moment: DebugMoment): ReturnType<typeof mappingAt> | Unavailable =>
        withAddress(address(moment), (va) => mappingAt(moment, va));
      return {
        kind: 'text',
        read(moment) {
          const found = find(moment);
          return found && 'unavailable' in found ? found : found ? mappingName(found) : 'none';
        },
        present(moment, name) {
          const found = find(moment);
          if (!found || 'unavailable' in found) return { text: 'none: nothing is mapped there' };
          const range = `${toHex(found.start)}-${toHex(found.end)}`;
          return {
            text: `${name} ${range} ${permissionText(found)}`,
            parts: [
              { name: 'name', value: name },
              { name: 'range', value: range },
              { name: 'perms', value: permissionText(found) },
            ],
          };
        },
      };
    },
  },
  walk: numeric(
    'the page-table walk of an address; its value is the physical address',
    UNSIGNED_LONG,
    (moment, va) => {
      const page = pageAt(moment, va);
      return page ? BigInt(page.frame) * BigInt(PAGE_SIZE) + BigInt(va % PAGE_SIZE) : 0n;
    },
    (moment, va, value) => {
      const explained = explainAccess(moment.machine, moment.at.task.process, va, Access.Read);
      const lines = explained ? explanationLines(explained) : [];
      return {
        text: value === 0n ? `no translation: ${explained?.verdict ?? ENDED.unavailable}` : `physical ${toHex(value)}`,
        parts: lines.map((line, index) => ({ name: `[${index}]`, value: line })),
      };
    },
  ),
};

const ENDED: Unavailable = { unavailable: 'the process has ended' };

/** Addresses of the user half are numbers; others no process has. */
function withAddress<T>(address: bigint, use: (va: VirtAddr) => T): T | Unavailable {
  if (address >= 2n ** 47n) return { unavailable: `${toHex(address)} is no address of a process` };
  return use(Number(address) as VirtAddr);
}

function mappingAt({ machine, at }: DebugMoment, va: VirtAddr) {
  const { space } = at.task.process;
  const mappings = space ? machine.inspector.mappings(machine.provider.label(space)) : [];
  return mappings.find(({ start, end }) => start <= va && va < end);
}

function detailAt({ machine, at }: DebugMoment, va: VirtAddr): PageDetail | undefined {
  return explainAccess(machine, at.task.process, va, Access.Read)?.page;
}
