import type { Change } from './comparison.ts';
import type { Measurement, Results } from './measurement.ts';
import { GROUPS, type Group } from './programs.ts';
import { geometricMean } from './statistics.ts';

const RATIOS = {
  autoToQemu: 'Pagewalk / qemu',
  autoToNative: 'Pagewalk / native',
  interpreterToQemu: 'interpreter / qemu',
} as const;

interface GroupMeans {
  readonly group: Group;
  readonly autoToQemu: number;
  readonly autoToNative: number;
  readonly interpreterToQemu: number;
}

/** Geometric means of the ratios, a line for each group that has programs. */
export function groupMeans(programs: readonly Measurement[]): GroupMeans[] {
  return (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const members = programs.filter((program) => program.group === group);
    if (members.length === 0) return [];
    const mean = (ratio: keyof typeof RATIOS): number =>
      geometricMean(members.map(({ ratios }) => ratios[ratio].median));
    return [
      {
        group,
        autoToQemu: mean('autoToQemu'),
        autoToNative: mean('autoToNative'),
        interpreterToQemu: mean('interpreterToQemu'),
      },
    ];
  });
}

/** Rows of a table: programs by group, each group ending in its geometric means. */
function rows(programs: readonly Measurement[]): string[][] {
  return groupMeans(programs).flatMap((means) => [
    ...programs
      .filter(({ group }) => group === means.group)
      .map(({ name, instructions, seconds, mips, ratios }) => [
        name,
        (instructions / 1e9).toPrecision(3),
        seconds.native.median.toFixed(2),
        seconds.qemu.median.toFixed(2),
        seconds.auto.median.toFixed(2),
        seconds.interpreter.median.toFixed(1),
        mips.auto.toFixed(0),
        mips.interpreter.toFixed(0),
        ratios.autoToQemu.median.toFixed(2),
        ratios.autoToNative.median.toFixed(2),
      ]),
    [`**${GROUPS[means.group]}**`, '', '', '', '', '', '', '', bold(means.autoToQemu), bold(means.autoToNative)],
  ]);
}

const HEAD = [
  'program',
  'G instructions',
  'native s',
  'qemu s',
  'Pagewalk s',
  'interpreter s*',
  'MIPS',
  'interpreter MIPS',
  '/ qemu',
  '/ native',
];

const bold = (mean: number): string => `**${mean.toFixed(2)}**`;

/** The table of docs/performance.md, with what it was measured on. */
export function markdownTable({ programs, host, rounds, date, leftOut }: Results): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    line(HEAD),
    line(HEAD.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...rows(programs).map(line),
    '',
    `Medians of ${rounds} runs each, in turn, ${date.slice(0, 10)}, on ${host.cores} cores of ${host.processor} (load before: ${host.load}),`,
    `Node ${host.node}, ${host.qemu}. Ratios are of whole-process times; lines in bold are geometric means.`,
    `\\* extrapolated from a run of a part of the size, by the number of instructions.`,
    ...Object.entries(leftOut).map(([name, why]) => `Left out: ${name}: ${why}.`),
  ];
  return lines.join('\n');
}

/** The same for a terminal. */
export function terminalTable(programs: readonly Measurement[]): string {
  const table = [HEAD, ...rows(programs)].map((cells) => cells.map((cell) => cell.replaceAll('**', '')));
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  return table
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  '),
    )
    .join('\n');
}

/** What has changed since the baseline, worst first; lines for a terminal. */
export function changeLines(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ['no program was measured at the size that the baseline has'];
  const notable = changes
    .filter(({ verdict }) => verdict !== 'same')
    .toSorted((a, b) => b.after / b.before - a.after / a.before);
  const unknown = changes.filter(({ noise }) => noise === Infinity).length;
  if (unknown === changes.length) return ['too few runs to tell a change from noise'];
  if (notable.length === 0) return [`${changes.length - unknown} ratios compared: nothing changed by more than noise`];
  return notable.map(
    ({ program, ratio, before, after, noise, verdict }) =>
      `${verdict.toUpperCase()}: ${program}, ${RATIOS[ratio]}: ${before.toFixed(2)} -> ${after.toFixed(2)} ` +
      `(${percent(after / before - 1)}; noise ${percent(noise)})`,
  );
}

const percent = (part: number): string => `${part > 0 ? '+' : ''}${(part * 100).toFixed(0)}%`;
