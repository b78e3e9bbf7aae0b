import type { Command } from 'commander';

/**
 * What to say where options of a command stand after the program, which gets them as its arguments; `undefined` where
 * none do. Whoever writes `--` in between means it.
 */
export function misplacedOptions(command: Command): string | undefined {
  const [, ...args] = command.args;
  const end = args.indexOf('--');
  const ours = new Set(command.options.map(({ long }) => long));
  const given = args.slice(0, end < 0 ? undefined : end).map((arg) => arg.replace(/=.*/s, ''));
  const misplaced = [...new Set(given.filter((name) => ours.has(name)))];
  if (misplaced.length === 0) return undefined;
  const [verb, what] = misplaced.length === 1 ? ['stands', 'it'] : ['stand', 'them'];
  return `${misplaced.join(', ')} ${verb} after the program, which gets ${what}: options of pagewalk stand before the program`;
}
