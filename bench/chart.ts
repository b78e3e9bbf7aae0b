import type { Measurement } from './measurement.ts';
import { groupMeans } from './report.ts';
import { GROUPS } from './programs.ts';

const WIDTH = 760;
const LABEL = 110;
const RIGHT = 60;
const ROW = 26;
const BAR = 9;
/** A bar of more than this many times qemu's time is cut. */
const LONGEST = 2;
const COLOURS = { pagewalk: '#1f6feb', native: '#8b949e' };

/** Bars of each program's time with qemu's as 1, grouped, as a self-contained SVG. */
export function chart(programs: readonly Measurement[]): string {
  const x = (ratio: number): number => LABEL + (Math.min(ratio, LONGEST) / LONGEST) * (WIDTH - LABEL - RIGHT);
  const parts: string[] = [];
  let y = 58;
  const bar = (top: number, ratio: number, colour: string): void => {
    const text = `${ratio > LONGEST ? '→ ' : ''}${ratio.toFixed(2)}`;
    parts.push(
      `<rect x="${LABEL}" y="${top}" width="${tidy(x(ratio) - LABEL)}" height="${BAR}" fill="${colour}"/>`,
      `<text x="${tidy(x(ratio) + 5)}" y="${top + BAR - 1}" class="value">${text}</text>`,
    );
  };
  const row = (label: string, qemu: number, native: number, weight: string): void => {
    parts.push(`<text x="${LABEL - 8}" y="${y + 13}" class="label"${weight}>${label}</text>`);
    bar(y, qemu, COLOURS.pagewalk);
    bar(y + BAR + 2, qemu / native, COLOURS.native);
    y += ROW;
  };
  for (const means of groupMeans(programs)) {
    parts.push(`<text x="8" y="${y + 8}" class="group">${GROUPS[means.group]}</text>`);
    y += 18;
    for (const { name, group, ratios } of programs)
      if (group === means.group) row(name, ratios.autoToQemu.median, ratios.autoToNative.median, '');
    row('mean', means.autoToQemu, means.autoToNative, ' font-weight="bold"');
    y += 8;
  }
  const axis = [0, 0.5, 1, 1.5, 2].map(
    (at) =>
      `<line x1="${x(at)}" y1="46" x2="${x(at)}" y2="${y}" stroke="${at === 1 ? '#d1242f' : '#d0d7de'}"/>` +
      `<text x="${x(at)}" y="40" class="tick">${at === 1 ? 'qemu = 1' : at}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" width="${WIDTH}" height="${y + 8}" role="img">
<title>Time of each program relative to qemu-riscv64: shorter is faster</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.label { text-anchor: end; }
.value { font-size: 10px; fill: #57606a; }
.group { font-weight: bold; }
.tick { text-anchor: middle; font-size: 10px; fill: #57606a; }
</style>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="8" y="18" class="group">Time relative to qemu-riscv64 (shorter is faster)</text>
<rect x="${WIDTH - 200}" y="10" width="10" height="10" fill="${COLOURS.pagewalk}"/><text x="${WIDTH - 184}" y="19">Pagewalk</text>
<rect x="${WIDTH - 110}" y="10" width="10" height="10" fill="${COLOURS.native}"/><text x="${WIDTH - 94}" y="19">native</text>
${[...axis, ...parts].join('\n')}
</svg>
`;
}

const tidy = (pixels: number): number => Math.round(pixels * 10) / 10;
