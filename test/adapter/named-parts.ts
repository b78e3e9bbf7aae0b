import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Scenario } from './scenario.ts';

type Variable = DebugProtocol.Variable;

/** Parts of parts are looked at so deep. */
const DEEPEST = 3;
/** And so many of each. */
const MOST_PARTS = 6;

/**
 * Evaluates what the variables of a frame, their parts and the parts of these are called as expressions, as a client does that
 * adds them to its watches. @returns how many there were, and those whose value was another, in words
 */
export async function evaluateNames(
  session: Scenario,
  frameId: number,
): Promise<{ readonly count: number; readonly different: readonly string[] }> {
  const different: string[] = [];
  let count = 0;
  const visit = async (variables: readonly Variable[], depth: number): Promise<void> => {
    for (const { evaluateName, value, variablesReference } of variables.slice(0, MOST_PARTS * (depth === 0 ? 20 : 1))) {
      if (evaluateName !== undefined) {
        count++;
        const given = await session.evaluate(evaluateName, { frameId }).catch((error: unknown) => String(error));
        // What has no value is refused with the reason.
        const reason = /^<(.*)>$/.exec(value)?.[1];
        if (given !== value && !(reason !== undefined && given.includes(reason)))
          different.push(`${evaluateName}: shown ${value}, evaluated ${given}`);
      }
      if (variablesReference > 0 && depth < DEEPEST) await visit(await session.children(variablesReference), depth + 1);
    }
  };
  await visit(await session.scope(frameId, 'Locals'), 0);
  return { count, different };
}
