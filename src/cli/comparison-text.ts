import { bytesText, causesOf, countText, faultsOf, statusText, verdictOf, verdictText } from '../inspect/comparison.ts';
import type { MeasuredRun } from '../inspect/measured-run.ts';

/** The comparison as a table for a terminal, and the verdict below it. */
export function comparisonText(runs: readonly MeasuredRun[]): string {
  const verdict = verdictOf(runs);
  const causes = causesOf(runs);
  const head = [
    'platform',
    'output',
    'instructions',
    'faults',
    ...causes,
    'frames copied',
    'bytes copied',
    'peak frames',
    'forks',
    'status',
  ];
  const rows = runs.map((run) => [
    run.platform,
    outputText(run),
    countText(run.instructions),
    countText(faultsOf(run)),
    ...causes.map((cause) => countText(run.faults[cause] ?? 0)),
    countText(run.framesCopied),
    bytesText(run.bytesCopied),
    countText(run.peakFrames),
    countText(run.forks),
    statusText(run.ending),
  ]);
  return `${aligned([head, ...rows], [0, 1, head.length - 1])}\n\n${verdictText(verdict)}\n`;

  function outputText(run: MeasuredRun): string {
    const outcome = verdict.outcomes.findIndex((alike) => alike.includes(run));
    if (outcome < 0) return '-';
    return verdict.outcomes.length === 1 ? 'same' : String.fromCharCode('A'.charCodeAt(0) + outcome);
  }
}

/** Columns as wide as their widest cell, numbers to the right. @param left columns of words. */
function aligned(rows: readonly (readonly string[])[], left: readonly number[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (left.includes(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
