import { err, ok, type Result } from '../result.ts';

/** Whether a breakpoint stops at its n-th hit, from 1. */
export type HitCondition = (count: number) => boolean;

const TESTS: Readonly<Record<string, (count: number, limit: number) => boolean>> = {
  '=': (count, limit) => count === limit,
  '==': (count, limit) => count === limit,
  '>': (count, limit) => count > limit,
  '>=': (count, limit) => count >= limit,
  '<': (count, limit) => count < limit,
  '<=': (count, limit) => count <= limit,
  '%': (count, limit) => count % limit === 0,
};

/** `5` and `>= 5`: from the fifth hit on; `== 5`, `< 5`, `% 5`: as they say. */
export function parseHitCondition(text: string): Result<HitCondition, string> {
  const [, operator, digits] = /^\s*(==?|>=?|<=?|%)?\s*([0-9]{1,9})\s*$/.exec(text) ?? [];
  const limit = Number(digits);
  if (digits === undefined || (operator === '%' && limit === 0))
    return err(`"${text}" is not a hit count: write a number, or one after >=, ==, < or %`);
  const test = TESTS[operator ?? '>='];
  return ok((count) => test(count, limit));
}
