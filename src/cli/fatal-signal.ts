import type { MachineEvent } from '../machine/machine-event.ts';
import type { Machine } from '../machine/machine.ts';
import { toHex } from '../memory/address.ts';
import { Access } from '../memory/mmu.ts';
import { programPlaces } from './program-places.ts';

type SignalStop = Extract<MachineEvent, { kind: 'signal' }>;

const ACCESSES: Readonly<Record<Access, string>> = {
  [Access.Read]: 'load from',
  [Access.Write]: 'store to',
  [Access.Execute]: 'jump to',
};

/**
 * What a task was doing when a signal came that ends it, to follow the name of the signal: `: store to 0x8 in main (a.c:3)`.
 * @param program the file, beside which separate debug information may be.
 */
export function circumstances(machine: Machine, program: string, signal: SignalStop): string {
  const place = programPlaces(machine, program).at(signal)?.text;
  const words = [faultText(machine, signal), place === undefined ? '' : `in ${place}`].filter((text) => text !== '');
  return words.length === 0 ? '' : `: ${words.join(' ')}`;
}

/** The access to memory that the signal came of; empty where it came of something else. */
function faultText({ engine, hart }: Machine, { name, address }: SignalStop): string {
  if (address === undefined || (name !== 'SIGSEGV' && name !== 'SIGBUS')) return '';
  const isPageFault = BigInt(hart.faultVa) === address;
  return `${isPageFault ? ACCESSES[engine.faultAccess] : 'at'} ${toHex(address)}`;
}
