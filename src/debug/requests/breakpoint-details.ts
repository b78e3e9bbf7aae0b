import type { Arguments } from '../arguments.ts';
import type { BreakpointMode } from '../data-id.ts';
import { Refusal } from '../refusal.ts';

/** When a breakpoint stops a task, and whose. */
interface Details {
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
  mode?: BreakpointMode;
}

export function details(one: Arguments): Details {
  const condition = one.optionalText('condition');
  const hitCondition = one.optionalText('hitCondition');
  const logMessage = one.optionalText('logMessage');
  const mode = breakpointMode(one);
  return {
    ...(condition ? { condition } : {}),
    ...(hitCondition ? { hitCondition } : {}),
    ...(logMessage ? { logMessage } : {}),
    ...(mode ? { mode } : {}),
  };
}

/** The mode of a breakpoint, where it has one. */
export function breakpointMode(one: Arguments): BreakpointMode | undefined {
  const mode = one.optionalText('mode');
  if (mode === undefined || mode === 'any' || mode === 'this') return mode;
  throw new Refusal(`There is no breakpoint mode "${mode}": it is any or this.`);
}
