import type { FaultCause } from '../platform/fault.ts';

/**
 * Colours of the report by what they stand for. A page of its own follows the reader's light or dark preference; in VS
 * Code they are the theme's.
 */
const PAGE_COLOURS = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0;
  --good: #1a7f37; --bad: #cf222e; --warn: #9a6700;
  --blue: #2f6fd0; --red: #d9573b; --green: #2f8f5b; --yellow: #c99a1c; --purple: #8a5cc4; --grey: #8c959f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --raised: #161b22; --ink: #e6edf3; --faint: #9198a1; --line: #30363d;
    --good: #3fb950; --bad: #f85149; --warn: #d29922;
    --blue: #4f8ff0; --red: #ee7a5c; --green: #46b37a; --yellow: #dcb544; --purple: #a884dd; --grey: #7d8590;
  }
}
body { margin: 0 auto; max-width: 1120px; padding: 32px 24px 64px; font: 14px/1.5 system-ui, sans-serif; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12.5px; }
@media print { body { max-width: none; } section { break-inside: avoid; } }
`;

const EDITOR_COLOURS = `
:root {
  --paper: var(--vscode-editor-background); --ink: var(--vscode-editor-foreground);
  --raised: var(--vscode-sideBar-background, var(--vscode-editor-background));
  --faint: var(--vscode-descriptionForeground); --line: var(--vscode-panel-border, var(--vscode-contrastBorder, #8886));
  --good: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
  --bad: var(--vscode-errorForeground); --warn: var(--vscode-editorWarning-foreground, var(--vscode-charts-yellow));
  --blue: var(--vscode-charts-blue); --red: var(--vscode-charts-red); --green: var(--vscode-charts-green);
  --yellow: var(--vscode-charts-yellow); --purple: var(--vscode-charts-purple); --grey: var(--vscode-disabledForeground);
}
body {
  margin: 0 auto; max-width: 1120px; padding: 16px 24px 48px;
  font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); line-height: 1.5;
}
code, pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
`;

const LAYOUT = `
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); }
h1 { font-size: 1.9em; line-height: 1.2; margin: 0 0 4px; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 1.25em; margin: 0 0 2px; font-weight: 600; }
header { margin-bottom: 24px; }
.command { color: var(--faint); margin: 0 0 16px; overflow-wrap: anywhere; }
.lead { color: var(--faint); margin: 0 0 12px; max-width: 76ch; }
.verdict {
  display: inline-flex; gap: 10px; align-items: baseline; margin: 0; padding: 10px 16px; border-radius: 8px;
  border: 1px solid var(--line); border-left: 4px solid var(--mark); background: var(--raised); font-size: 1.05em;
}
.verdict .sign { color: var(--mark); font-weight: 700; }
.agree { --mark: var(--good); } .differ { --mark: var(--warn); } .broken { --mark: var(--bad); }
section { margin-top: 36px; }
.pair { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 28px; align-items: start; }
@media (max-width: 860px) { .pair { grid-template-columns: minmax(0, 1fr); } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); padding-bottom: 4px; }
th, td { padding: 5px 10px 5px 0; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--faint); font-weight: 500; vertical-align: bottom; }
th:first-child, td.words, th.words { text-align: left; }
th:last-child, td:last-child { padding-right: 0; }
td.words, th.words { padding-left: 24px; }
td.words { min-width: 22ch; }
tbody th { font-weight: 600; white-space: nowrap; }
td.number { white-space: nowrap; }
.none { color: var(--faint); }
.least { font-weight: 650; }
figure { margin: 0; }
figure.wide { overflow-x: auto; padding-top: 1px; }
figure.wide svg { min-width: 760px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); font-family: inherit; font-size: 12px; }
svg .label { text-anchor: end; font-weight: 600; }
svg .small { font-size: 11px; fill: var(--faint); }
svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .partial rect { opacity: 0.55; }
svg .lost { fill: var(--faint); font-style: italic; }
svg .axis { stroke: var(--line); stroke-width: 1; }
svg .texture { stroke: var(--paper); stroke-width: 1.5; fill: none; }
svg .dots { fill: var(--paper); }
.frames-area { fill: var(--blue); fill-opacity: 0.22; }
.frames-line { fill: none; stroke: var(--blue); stroke-width: 1.5; }
.copied-area { fill: var(--red); fill-opacity: 0.3; }
.copied-line { fill: none; stroke: var(--red); stroke-width: 1.5; }
.fork { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 2 3; }
.fork-sign { fill: var(--faint); }
.bar { fill: var(--blue); } .bar.second { fill: var(--purple); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 8px; padding: 0; }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend svg { width: 14px; height: 14px; flex: none; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 12px; overflow-x: auto; margin: 6px 0 0; max-height: 320px; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 8px 0 0; } dt { font-weight: 600; } dd { margin: 0; }
footer { margin-top: 48px; color: var(--faint); border-top: 1px solid var(--line); padding-top: 12px; }
`;

/** What a cause is called, which colour it has, and which texture, for who cannot tell the colours apart. */
export const CAUSES: Record<FaultCause, { readonly name: string; readonly colour: string; readonly texture: Texture }> =
  {
    'demand-zero': { name: 'demand zero', colour: 'blue', texture: 'plain' },
    cow: { name: 'copy-on-write', colour: 'red', texture: 'rising' },
    file: { name: 'file', colour: 'green', texture: 'dots' },
    'stack-growth': { name: 'stack growth', colour: 'yellow', texture: 'level' },
    spurious: { name: 'spurious', colour: 'grey', texture: 'plain' },
    protection: { name: 'protection', colour: 'purple', texture: 'falling' },
    unmapped: { name: 'unmapped', colour: 'purple', texture: 'upright' },
    'past-end': { name: 'past the end', colour: 'purple', texture: 'dots' },
    'no-memory': { name: 'no memory', colour: 'grey', texture: 'rising' },
  };

export type Texture = 'plain' | 'rising' | 'falling' | 'level' | 'upright' | 'dots';

const FILLS = Object.entries(CAUSES)
  .map(([cause, { colour }]) => `.cause-${cause} { fill: var(--${colour}); }`)
  .join('\n');

/** @param look `page` stands alone; `editor` is a tab of VS Code. */
export function reportStyle(look: 'page' | 'editor'): string {
  return `${look === 'page' ? PAGE_COLOURS : EDITOR_COLOURS}${LAYOUT}${FILLS}\n`;
}
