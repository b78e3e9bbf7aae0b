import type { MachineEvent } from '../machine/machine-event.ts';
import { virtAddr, type VirtAddr } from '../memory/address.ts';
import type { SymbolFile } from '../symbols/symbol-file.ts';
import { CliError, ExitCode } from './exit-code.ts';

/** What `--break` names: an event, addresses, or whatever a platform gets wrong. */
export type BreakSpec =
  | { readonly kind: 'invariant' }
  | { readonly kind: 'event'; readonly matches: (event: MachineEvent) => boolean }
  | { readonly kind: 'addresses'; readonly addresses: readonly VirtAddr[] };

const FAULT_CAUSES = ['demand-zero', 'cow', 'file', 'stack-growth', 'protection', 'unmapped'];
const EVENTS = ['fork', 'vfork', 'exec', 'exit', 'signal', 'map', 'unmap', 'protect', 'cow-break', 'fault'];

/** The word for a broken invariant; they are checked for it. */
export const INVARIANT = 'invariant';

/**
 * Reads `fork`, `fault:cow`, `invariant`, `file.c:12`, `*0x10400` or a function name. Throws `CliError`.
 * @param symbols of the program; asked only for lines and functions.
 */
export function parseBreak(where: string, symbols: () => SymbolFile): BreakSpec {
  const [event, cause] = where.split(':') as [string, string | undefined];
  if (event === 'fault' && cause !== undefined) {
    if (!FAULT_CAUSES.includes(cause))
      throw bad(`'${cause}' is no cause of a page fault; there are ${FAULT_CAUSES.join(', ')}`);
    return { kind: 'event', matches: (e) => e.kind === 'fault' && e.cause === cause };
  }
  if (where === INVARIANT) return { kind: 'invariant' };
  if (EVENTS.includes(where)) return { kind: 'event', matches: (e) => e.kind === where };
  if (where.startsWith('*')) return { kind: 'addresses', addresses: [parseAddress(where.slice(1))] };
  const line = /^(.+):(\d+)$/.exec(where);
  return {
    kind: 'addresses',
    addresses: line ? lineAddresses(line[1], Number(line[2]), symbols()) : [functionAddress(where, symbols())],
  };
}

function parseAddress(text: string): VirtAddr {
  const address = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(address)) throw bad(`'*${text}' is no address; write it as *0x10400`);
  return virtAddr(address);
}

function lineAddresses(name: string, line: number, symbols: SymbolFile): VirtAddr[] {
  const files = symbols.sourceFiles().filter((file) => file === name || file.endsWith(`/${name}`));
  if (files.length === 0) throw bad(`the program has no line table for ${name}`);
  const addresses = files.flatMap((file) => symbols.addressesForLine(file, line)?.addresses ?? []);
  if (addresses.length === 0) throw bad(`line ${line} of ${name} has no code`);
  return addresses.map(virtAddr);
}

function functionAddress(name: string, symbols: SymbolFile): VirtAddr {
  const symbol = symbols.symbol(name);
  if (symbol?.kind !== 'function')
    throw bad(
      `'${name}' is neither a function of the program nor one of ${[...EVENTS, INVARIANT].join(', ')}, fault:CAUSE, FILE:LINE, *ADDRESS`,
    );
  return virtAddr(symbols.prologueEnd(symbol.va));
}

function bad(message: string): CliError {
  return new CliError(ExitCode.BadOption, `--break: ${message}`);
}
