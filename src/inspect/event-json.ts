import { toHex } from '../memory/address.ts';
import type { MachineEvent } from '../machine/machine-event.ts';
import { ACCESS_NAMES } from './explain.ts';

/** Fields whose numbers are addresses or permission bits, and so read better otherwise. */
const ADDRESS_FIELDS = new Set(['pc', 'va', 'start', 'end', 'address']);

/** An event as one JSON object of `--events`: `kind` is called `event`, addresses are hex strings. */
export function eventJson(event: MachineEvent): Record<string, unknown> {
  const { n, pid, tid, kind, ...rest } = event;
  const json: Record<string, unknown> = { n, pid, tid, pc: toHex(event.pc), event: kind };
  for (const [name, value] of Object.entries(rest) as [string, unknown][]) {
    if (value === undefined || name === 'pc') continue;
    if (name === 'by') json[name] = value;
    else if (name === 'access') json[name] = ACCESS_NAMES[value as keyof typeof ACCESS_NAMES];
    else if (name === 'permissions') json[name] = permissionLetters(value as number);
    else json[name] = plain(name, value);
  }
  return json;
}

function permissionLetters(permissions: number): string {
  return ['r', 'w', 'x'].map((letter, bit) => ((permissions >>> (bit + 1)) & 1 ? letter : '-')).join('');
}

function plain(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return toHex(value);
  if (typeof value === 'number' && ADDRESS_FIELDS.has(name)) return toHex(value);
  if (Array.isArray(value)) return value.map((item) => plain(name, item));
  return value;
}
