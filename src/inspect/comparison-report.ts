import { copyBars, faultBars, faultLegend, peakBars, textures, timelines } from './comparison-charts.ts';
import { CAUSES, reportStyle } from './comparison-style.ts';
import {
  bytesText,
  causesOf,
  countText,
  faultsOf,
  names,
  statusText,
  verdictOf,
  verdictText,
  type Verdict,
} from './comparison.ts';
import { markup, raw, type Markup } from './markup.ts';
import type { MeasuredRun } from './measured-run.ts';
import { ENGLISH, type Words } from './words.ts';

/** What was compared. */
export interface Comparison {
  readonly program: string;
  readonly args: readonly string[];
  readonly runs: readonly MeasuredRun[];
}

/** Where the report is shown: as a page of its own, or in an editor of VS Code, whose styles need the nonce. */
export type ReportPlace = { readonly kind: 'page' } | { readonly kind: 'editor'; readonly nonce: string };

/** What a platform does at a fork, for readers who do not know its name. */
const PLATFORMS: Readonly<Record<string, string>> = {
  independent: 'Own page tables; a fork shares the frames, and the first write of either side copies the page.',
  'independent-eager': 'Own page tables; a fork copies every private page that may be written.',
  'on-demand': 'A fork shares whole leaf page tables; the first write in 2 MiB copies the table, then the page.',
  partitioned:
    'One page table, a slot of addresses for each process: the child runs in the parent’s pages while the parent waits. What it writes is saved first, and put back when it execs or exits.',
  'partitioned-eager': 'As partitioned, but a fork saves every private page that may be written at once.',
  single: 'One address space: there is no fork.',
};

/** The comparison as one HTML document without scripts, pictures or anything else from outside. */
export function comparisonReport(comparison: Comparison, place: ReportPlace, words: Words = ENGLISH): string {
  const { program, args, runs } = comparison;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const isPage = place.kind === 'page';
  const title = words.say('{0}: platforms compared', name);
  const source = raw(isPage ? "'unsafe-inline'" : `'nonce-${place.nonce}'`);
  const nonce = isPage ? '' : markup` nonce="${place.nonce}"`;
  const document = markup`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}">
<title>${title}</title>
<style${nonce}>${raw(reportStyle(place.kind))}</style>
</head>
<body>
${textures()}
<header>
<h1>${title}</h1>
<p class="command"><code>${[program, ...args].join(' ')}</code></p>
${verdictBox(verdictOf(runs), words)}
</header>
<main>
${overview(runs, words)}
${faults(runs, words)}
${copies(runs, words)}
${peaks(runs, words)}
${overTime(runs, words)}
${output(runs, words)}
${explanations(runs, words)}
</main>
<footer>${words.say(
    'The same program, input and clock on every platform; Pagewalk’s own kernel model, not the host’s. Instructions are the program’s: what the kernel does costs none.',
  )}</footer>
</body>
</html>
`;
  return document.source;
}

function verdictBox(verdict: Verdict, words: Words): Markup {
  const [kind, sign] =
    verdict.broken.length > 0
      ? ['broken', '✗']
      : verdict.outcomes.length > 1
        ? ['differ', '≠']
        : verdict.outcomes.length === 1
          ? ['agree', '✓']
          : ['differ', '–'];
  return markup`<p class="verdict ${kind}"><span class="sign" aria-hidden="true">${sign}</span><span>${verdictText(verdict, words)}</span></p>`;
}

function overview(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const head = [say('instructions'), say('forks'), say('faults'), say('bytes copied'), say('peak frames')];
  const rows = runs.map((run) => ({
    run,
    cells: [
      countText(run.instructions, words),
      countText(run.forks, words),
      countText(faultsOf(run), words),
      bytesText(run.bytesCopied, words),
      countText(run.peakFrames, words),
    ],
    words: statusText(run.ending, words),
  }));
  return markup`<section><h2>${say('At a glance')}</h2>${table(words, say('What each run came to'), head, rows, say('status'))}</section>`;
}

function faults(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const causes = causesOf(runs);
  const head = causes.map((cause) => say(CAUSES[cause].name));
  const rows = runs.map((run) => ({ run, cells: causes.map((cause) => countText(run.faults[cause] ?? 0, words)) }));
  return markup`<section><h2>${say('Page faults by cause')}</h2>
<p class="lead">${say(
    'Copying at the fork saves the copy-on-write faults after it, for copies that nobody may ever have needed.',
  )}</p>
${faultLegend(runs, words)}<div class="pair"><figure>${faultBars(runs, words)}</figure>${table(words, say('Page faults'), head, rows)}</div></section>`;
}

function copies(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const head = [say('pages'), say('tables'), say('bytes of pages')];
  const rows = runs.map((run) => ({
    run,
    cells: [countText(run.framesCopied, words), countText(run.tablesCopied, words), bytesText(run.bytesCopied, words)],
  }));
  return markup`<section><h2>${say('Copied')}</h2>
<p class="lead">${say(
    'Pages copied at a fork, at a write, or aside; the bytes include those that were put back. Tables are page tables, 4 KiB each, not counted in the bytes.',
  )}</p>
<div class="pair"><figure>${copyBars(runs, words)}</figure>${table(words, say('What was copied'), head, rows)}</div></section>`;
}

function peaks(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const rows = runs.map((run) => ({
    run,
    cells: [countText(run.peakFrames, words), bytesText(run.peakFrames * 4096, words)],
  }));
  return markup`<section><h2>${say('Peak of frames in use')}</h2>
<p class="lead">${say('Pages, page tables and the page cache together, when they were the most.')}</p>
<div class="pair"><figure>${peakBars(runs, words)}</figure>${table(words, say('Frames in use at most'), [say('frames'), say('memory')], rows)}</div></section>`;
}

function overTime(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  return markup`<section><h2>${say('Over time')}</h2>
<p class="lead">${say(
    'Frames in use above, bytes copied so far below, over the instructions executed; all on the same scales. A dashed line with a ▾ is a fork.',
  )}</p>
<figure class="wide" tabindex="0">${timelines(runs, words)}</figure>
<details><summary>${say('As a table')}</summary>${table(words, say('Frames in use, bytes copied and forks at parts of each run'), MOMENTS, momentRows(runs, words))}</details></section>`;
}

const PARTS = [0.1, 0.25, 0.5, 0.75, 0.9, 1];
const MOMENTS = PARTS.map((part) => `${part * 100} %`);

function momentRows(runs: readonly MeasuredRun[], words: Words): { run: MeasuredRun; cells: string[] }[] {
  return runs.map((run) => ({
    run,
    cells: PARTS.map((part) => {
      const point = run.timeline.findLast(({ n }) => n <= part * run.instructions);
      if (!point) return '–';
      const facts = [countText(point.frames, words), bytesText(point.bytesCopied, words), point.forks];
      return words.say('{0} frames, {1}, forks: {2}', ...facts);
    }),
  }));
}

function output(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const { outcomes, cannotRun } = verdictOf(runs);
  const groups = [...outcomes.map((alike) => [...alike]), ...cannotRun.map((run) => [run])];
  const parts = groups.map((alike) => {
    const [{ stdoutHead, stdoutBytes, stdoutSha256, ending }] = alike;
    const shown = new TextEncoder().encode(stdoutHead).length;
    const more = stdoutBytes > shown ? ` ${say('The first {0} are shown.', bytesText(shown, words))}` : '';
    const text =
      stdoutBytes === 0
        ? markup`<p class="none">${say('Nothing.')}</p>`
        : markup`<pre tabindex="0">${stdoutHead}</pre>`;
    return markup`<details${outcomes.length > 1 ? raw(' open') : ''}><summary>${names(alike, words)}: ${bytesText(stdoutBytes, words)}, ${statusText(ending, words)}</summary>
<p class="none">SHA-256 <code>${stdoutSha256}</code>.${more}</p>${text}</details>`;
  });
  return markup`<section><h2>${say('Standard output')}</h2>${parts}</section>`;
}

function explanations(runs: readonly MeasuredRun[], words: Words): Markup {
  const { say } = words;
  const known = runs.filter(({ platform }) => PLATFORMS[platform] !== undefined);
  const entries = known.map(({ platform }) => markup`<dt>${platform}</dt><dd>${say(PLATFORMS[platform])}</dd>`);
  return markup`<section><h2>${say('The platforms')}</h2><dl>${entries}</dl></section>`;
}

/** @param words heading of a last column of words. */
function table(
  { say }: Words,
  caption: string,
  head: readonly string[],
  rows: readonly { readonly run: MeasuredRun; readonly cells: readonly string[]; readonly words?: string }[],
  words?: string,
): Markup {
  const heads = head.map((text) => markup`<th scope="col">${text}</th>`);
  const last = words === undefined ? '' : markup`<th scope="col" class="words">${words}</th>`;
  const lines = rows.map(({ run, cells, words: text }) => {
    const numbers = cells.map(
      (cell) => markup`<td class="${cell === '0' || cell === '0 B' ? 'number none' : 'number'}">${cell}</td>`,
    );
    return markup`<tr><th scope="row">${run.platform}</th>${numbers}${text === undefined ? '' : markup`<td class="words">${text}</td>`}</tr>`;
  });
  return markup`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr><th scope="col">${say('platform')}</th>${heads}${last}</tr></thead><tbody>${lines}</tbody></table></div>`;
}
