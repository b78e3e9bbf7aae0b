import { toHex } from '../memory/address.ts';
import type { Machine } from '../machine/machine.ts';
import { stopText } from '../machine/stop-text.ts';
import type { Stop } from '../machine/stop.ts';
import type { InvariantViolation } from '../platform/invariants.ts';
import { ownerText } from './page-view.ts';
import { pidsBySpace } from './spaces.ts';

const OWNERS_NAMED = 4;

/** The frame that a broken invariant is about, and who refers to it; `undefined` where it is about none. */
export function frameFacts(machine: Machine, { frame, owners }: InvariantViolation): string | undefined {
  if (frame === undefined) return undefined;
  const pids = pidsBySpace(machine);
  const named = (owners ?? []).slice(0, OWNERS_NAMED).map((owner) => ownerText(owner, pids));
  const more = (owners?.length ?? 0) - named.length;
  const all = more > 0 ? [...named, `and ${more} more`] : named;
  return `frame ${toHex(frame)}: ${all.length > 0 ? all.join('; ') : 'no owner'}`;
}

/** A broken invariant in one line: where, what, and the frame with its owners. */
export function violationText(machine: Machine, stop: Extract<Stop, { kind: 'invariant' }>): string {
  const facts = frameFacts(machine, stop.violation);
  return facts === undefined ? stopText(stop) : `${stopText(stop)}; ${facts}`;
}
