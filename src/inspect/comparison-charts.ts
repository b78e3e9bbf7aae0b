import { CAUSES, type Texture } from './comparison-style.ts';
import { bytesText, causesOf, countText, faultsOf, statusText } from './comparison.ts';
import { markup, type Markup } from './markup.ts';
import type { MeasuredRun } from './measured-run.ts';
import type { Words } from './words.ts';

const WIDTH = 640;
const LABEL = 148;
const VALUE = 84;
const ROW = 34;
const BAR = 20;

/** Strokes that tell bars apart without their colours, as a tile of 8 by 8. */
const TEXTURES: Readonly<Record<Exclude<Texture, 'plain'>, Markup>> = {
  rising: markup`<path class="texture" d="M-2 2 2 -2M-1 9 9 -1M6 10 10 6"/>`,
  falling: markup`<path class="texture" d="M-2 6 2 10M-1 -1 9 9M6 -2 10 2"/>`,
  level: markup`<path class="texture" d="M0 4H8"/>`,
  upright: markup`<path class="texture" d="M4 0V8"/>`,
  dots: markup`<circle class="dots" cx="2" cy="2" r="1.2"/><circle class="dots" cx="6" cy="6" r="1.2"/>`,
};

/** The textures that the other pictures of a document refer to. */
export function textures(): Markup {
  const patterns = Object.entries(TEXTURES).map(
    ([name, tile]) =>
      markup`<pattern id="texture-${name}" width="8" height="8" patternUnits="userSpaceOnUse">${tile}</pattern>`,
  );
  return markup`<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>${patterns}</defs></svg>`;
}

type Cause = keyof MeasuredRun['faults'];

/** A bar for each run, divided by the causes of its faults. */
export function faultBars(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const causes = causesOf(runs);
  return barChart(
    words,
    say('Page faults of each platform by cause'),
    runs,
    faultsOf,
    (run) =>
      causes.map((cause) => ({ value: run.faults[cause] ?? 0, name: say(CAUSES[cause].name), fill: fillOf(cause) })),
    countText,
  );
}

/** What the colours and textures of `faultBars` stand for. */
export function faultLegend(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const items = causesOf(runs).map(
    (cause) =>
      markup`<li><svg viewBox="0 0 14 14" aria-hidden="true">${fillOf(cause)(0, 0, 14, 14)}</svg>${say(CAUSES[cause].name)}</li>`,
  );
  return markup`<ul class="legend">${items}</ul>`;
}

export function copyBars(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  return barChart(
    words,
    say('Bytes of pages that each platform copied'),
    runs,
    ({ bytesCopied }) => bytesCopied,
    ({ bytesCopied }) => [{ value: bytesCopied, name: say('copied'), fill: plain('bar') }],
    bytesText,
  );
}

export function peakBars(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  return barChart(
    words,
    say('The most frames that each platform had in use'),
    runs,
    ({ peakFrames }) => peakFrames,
    ({ peakFrames }) => [{ value: peakFrames, name: say('frames'), fill: plain('bar second') }],
    countText,
  );
}

type Fill = (x: number, y: number, width: number, height: number) => Markup;

interface Segment {
  readonly value: number;
  readonly name: string;
  readonly fill: Fill;
}

function plain(name: string): Fill {
  return (x, y, width, height) => markup`<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

function fillOf(cause: Cause): Fill {
  const { texture } = CAUSES[cause];
  return (x, y, width, height) => {
    const place = markup`x="${x}" y="${y}" width="${width}" height="${height}"`;
    const over = texture === 'plain' ? '' : markup`<rect fill="url(#texture-${texture})" ${place}/>`;
    return markup`<rect class="cause-${cause}" ${place}/>${over}`;
  };
}

function barChart(
  words: Words,
  title: string,
  runs: readonly MeasuredRun[],
  total: (run: MeasuredRun) => number,
  segments: (run: MeasuredRun) => readonly Segment[],
  text: (value: number, words: Words) => string,
): Markup {
  const { say } = words;
  const most = Math.max(1, ...runs.map(total));
  const scale = (WIDTH - LABEL - VALUE) / most;
  const height = runs.length * ROW;
  const rows = runs.map((run, index) => {
    const top = index * ROW + (ROW - BAR) / 2;
    const baseline = top + BAR / 2 + 4;
    const parts: Markup[] = [markup`<text class="label" x="${LABEL - 10}" y="${baseline}">${run.platform}</text>`];
    let x = LABEL;
    for (const { value, name, fill } of segments(run)) {
      if (value === 0) continue;
      const width = value * scale;
      parts.push(markup`<g><title>${name}: ${text(value, words)}</title>${fill(tidy(x), top, tidy(width), BAR)}</g>`);
      x += width;
    }
    const cannotRun = run.ending.kind === 'cannot-run';
    const value = text(total(run), words);
    parts.push(
      markup`<text class="${cannotRun ? 'lost' : ''}" x="${tidy(x + 7)}" y="${baseline}">${cannotRun ? say('{0}, cannot run', value) : value}</text>`,
    );
    return markup`<g class="${cannotRun ? 'partial' : ''}">${parts}</g>`;
  });
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${say('{0}; the table beside it has the numbers', title)}">
<line class="axis" x1="${LABEL}" y1="0" x2="${LABEL}" y2="${height}"/>${rows}</svg>`;
}

const TIME_WIDTH = 1072;
const TIME_RIGHT = 84;
const FRAMES_HEIGHT = 58;
const COPIED_HEIGHT = 26;
const GAP = 6;
const TIME_ROW = FRAMES_HEIGHT + GAP + COPIED_HEIGHT + 26;
const HEAD = 8;
const FOOT = 24;

/** Frames in use and bytes copied over the instructions executed, one above the other, on the same scales for all runs. */
export function timelines(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const instructions = Math.max(1, ...runs.map((run) => run.instructions));
  const frames = Math.max(1, ...runs.map(({ timeline }) => Math.max(0, ...timeline.map((point) => point.mostFrames))));
  const copied = Math.max(1, ...runs.map(({ bytesCopied }) => bytesCopied));
  const x = (n: number): number => tidy(LABEL + (n / instructions) * (TIME_WIDTH - LABEL - TIME_RIGHT));
  const rows = runs.map((run, index) => {
    const top = HEAD + index * TIME_ROW;
    return markup`<g>${timelineRow(run, words, top, x, FRAMES_HEIGHT / frames, COPIED_HEIGHT / copied)}</g>`;
  });
  const bottom = HEAD + runs.length * TIME_ROW;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const n = Math.round(instructions * part);
    const anchor = part === 0 ? '' : part === 1 ? 'end' : 'middle';
    return markup`<text class="small ${anchor}" x="${x(n)}" y="${bottom + 12}">${part === 1 ? say('{0} instructions', countText(n, words)) : countText(n, words)}</text>`;
  });
  return markup`<svg viewBox="0 0 ${TIME_WIDTH} ${bottom + FOOT}" role="img" aria-label="${say('Frames in use and bytes copied by each platform over the run; the table below has the numbers')}">${rows}${ticks}</svg>`;
}

function timelineRow(
  run: MeasuredRun,
  words: Words,
  top: number,
  x: (n: number) => number,
  frameScale: number,
  copyScale: number,
): Markup {
  const { say } = words;
  const ground = top + FRAMES_HEIGHT;
  const copyGround = ground + GAP + COPIED_HEIGHT;
  const end = x(run.instructions);
  const right = TIME_WIDTH - TIME_RIGHT + 8;
  const base = markup`<text class="label" x="${LABEL - 10}" y="${top + 20}">${run.platform}</text>
<text class="small end" x="${LABEL - 10}" y="${top + 36}">${say('frames in use')}</text>
<text class="small end" x="${LABEL - 10}" y="${copyGround - 6}">${say('bytes copied')}</text>
<line class="axis" x1="${LABEL}" y1="${ground}" x2="${TIME_WIDTH - TIME_RIGHT}" y2="${ground}"/>
<line class="axis" x1="${LABEL}" y1="${copyGround}" x2="${TIME_WIDTH - TIME_RIGHT}" y2="${copyGround}"/>`;
  if (run.timeline.length === 0)
    return markup`${base}<text class="lost" x="${LABEL + 8}" y="${top + 34}">${statusText(run.ending, words)}</text>`;
  const frameY = (used: number): number => tidy(ground - used * frameScale);
  const copyY = (bytes: number): number => tidy(copyGround - bytes * copyScale);
  const frames = steps(run, end, x, (point) => [frameY(point.mostFrames), frameY(point.frames)]);
  const copied = steps(run, end, x, (point) => [copyY(point.bytesCopied)]);
  return markup`${base}<path class="frames-area" d="${frames}V${ground}H${LABEL}Z"/><path class="frames-line" d="${frames}"/>
<path class="copied-area" d="${copied}V${copyGround}H${LABEL}Z"/><path class="copied-line" d="${copied}"/>
${forkSigns(run, words, top, copyGround, x)}
<text class="small" x="${right}" y="${top + 14}">${say('{0} at most', countText(run.peakFrames, words))}</text>
<text class="small" x="${right}" y="${copyGround - 6}">${bytesText(run.bytesCopied, words)}</text>`;
}

/** A line of steps from the left edge on: the last value of a point holds until the next one. */
function steps(
  { timeline }: MeasuredRun,
  end: number,
  x: (n: number) => number,
  y: (point: MeasuredRun['timeline'][number]) => readonly number[],
): string {
  const path = timeline.map((point) => {
    const heights = y(point).map((height) => `V${height}`);
    return `H${x(point.n)}${heights.join('')}`;
  });
  return `M${LABEL} ${y(timeline[0]).at(-1)}${path.join('')}H${end}`;
}

/** A dashed line where the program forked; forks close to each other have one in common. */
function forkSigns(
  { timeline }: MeasuredRun,
  { say }: Words,
  top: number,
  bottom: number,
  x: (n: number) => number,
): Markup {
  const CLOSE = 5;
  const signs: { at: number; forks: number }[] = [];
  let before = 0;
  for (const { n, forks } of timeline) {
    if (forks > before) {
      const last = signs.at(-1);
      if (last && x(n) - last.at < CLOSE) last.forks += forks - before;
      else signs.push({ at: x(n), forks: forks - before });
    }
    before = forks;
  }
  return markup`${signs.map(
    ({ at, forks }) => markup`<g><title>${forks === 1 ? say('1 fork') : say('{0} forks', forks)}</title>
<line class="fork" x1="${at}" y1="${top}" x2="${at}" y2="${bottom}"/><path class="fork-sign" d="M${at} ${top}l-4 -6h8z"/></g>`,
  )}`;
}

const tidy = (pixels: number): number => Math.round(pixels * 10) / 10;
