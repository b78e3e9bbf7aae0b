import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparisonReport, type ReportPlace } from '../../src/inspect/comparison-report.ts';
import {
  bytesText,
  causesOf,
  comparisonRow,
  statusText,
  verdictOf,
  verdictText,
} from '../../src/inspect/comparison.ts';
import type { Ending, MeasuredRun } from '../../src/inspect/measured-run.ts';

const EXITED: Ending = { kind: 'exited', code: 0 };

function run(platform: string, more: Partial<MeasuredRun> = {}): MeasuredRun {
  return {
    platform,
    ending: EXITED,
    stdoutSha256: 'aa',
    stdoutBytes: 6,
    stdoutHead: 'hello\n',
    instructions: 1000,
    faults: { cow: 3, 'demand-zero': 5 },
    framesCopied: 3,
    bytesCopied: 3 * 4096,
    tablesCopied: 1,
    peakFrames: 40,
    forks: 1,
    timeline: [
      { n: 0, frames: 10, mostFrames: 10, bytesCopied: 0, forks: 0 },
      { n: 500, frames: 30, mostFrames: 40, bytesCopied: 8192, forks: 1 },
      { n: 1000, frames: 0, mostFrames: 30, bytesCopied: 3 * 4096, forks: 1 },
    ],
    ...more,
  };
}

const CANNOT: Partial<MeasuredRun> = {
  ending: { kind: 'cannot-run', why: 'fork is not supported' },
  stdoutSha256: 'bb',
  stdoutHead: 'no fork\n',
};

const verdict = (...runs: MeasuredRun[]): string => verdictText(verdictOf(runs));

describe('a comparison', () => {
  it('is made of rows without what the contract does not name', () => {
    assert.deepEqual(comparisonRow(run('independent')), {
      platform: 'independent',
      status: 'exited 0',
      stdoutSha256: 'aa',
      instructions: 1000,
      faults: { cow: 3, 'demand-zero': 5 },
      framesCopied: 3,
      bytesCopied: 12288,
      peakFrames: 40,
      forks: 1,
    });
  });

  it('says how each run ended', () => {
    const endings: [Ending, string][] = [
      [{ kind: 'exited', code: 3 }, 'exited 3'],
      [{ kind: 'killed', signal: 'SIGSEGV' }, 'killed by SIGSEGV'],
      [{ kind: 'stopped', why: 'out of guest memory' }, 'stopped: out of guest memory'],
      [{ kind: 'cannot-run', why: 'fork is not supported' }, 'cannot run: fork is not supported'],
      [{ kind: 'broken', why: 'invariant 4 is broken' }, 'broken: invariant 4 is broken'],
    ];
    for (const [ending, text] of endings) assert.equal(statusText(ending), text);
  });

  it('finds agreement among those that can run the program', () => {
    assert.equal(verdict(run('a'), run('b')), 'Same output on 2 platforms: exited 0.');
    assert.equal(
      verdict(run('a'), run('b'), run('c', CANNOT)),
      'Same output on 2 platforms (not on c, which cannot run it): exited 0.',
    );
    assert.equal(verdict(run('a'), run('c', CANNOT)), 'Only a can run the program: exited 0.');
    assert.equal(verdict(run('c', CANNOT)), 'No platform can run the program.');
  });

  it('finds that outputs or endings differ, the common one first', () => {
    const other = run('x', { stdoutSha256: 'cc' });
    const crash = run('y', { ending: { kind: 'killed', signal: 'SIGBUS' } });
    assert.deepEqual(
      verdictOf([other, run('a'), crash, run('b')]).outcomes.map((alike) => alike.map(({ platform }) => platform)),
      [['a', 'b'], ['x'], ['y']],
    );
    assert.equal(
      verdict(other, run('a'), crash, run('b')),
      'The platforms do not agree: a and b (exited 0) against x (exited 0) against y (killed by SIGBUS).',
    );
  });

  it('blames a platform that is broken before the guest', () => {
    const broken = run('x', { ending: { kind: 'broken', why: 'invariant 4 is broken' } });
    assert.equal(verdict(run('a'), broken), 'Pagewalk itself failed on x.');
  });

  it('orders causes by how often they come, over all runs', () => {
    assert.deepEqual(causesOf([run('a', { faults: { file: 1, cow: 2 } }), run('b', { faults: { file: 4 } })]), [
      'file',
      'cow',
    ]);
  });

  it('writes bytes with their unit', () => {
    assert.deepEqual(
      [0, 1023, 4096, 1.5 * 2 ** 20, 300.4 * 2 ** 30].map((bytes) => bytesText(bytes)),
      ['0 B', '1023 B', '4 KiB', '1.5 MiB', '300 GiB'],
    );
  });
});

describe('the report of a comparison', () => {
  const runs = [run('independent'), run('single', CANNOT)];
  const report = (place: ReportPlace = { kind: 'page' }, more = runs): string =>
    comparisonReport({ program: '/tmp/<b>&"prog', args: ["it's", '<script>'], runs: more }, place);

  it('shows the program’s own text as text', () => {
    const html = report({ kind: 'page' }, [
      run('independent', { stdoutHead: '<script>alert(1)</script>\x1b[31m\u0085' }),
    ]);
    assert.doesNotMatch(html, /<script/);
    assert.ok(html.includes('/tmp/&lt;b&gt;&amp;&quot;prog it&#39;s &lt;script&gt;'));
    assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;\u241b[31m\ufffd'));
  });

  it('has a table for every chart, and a name for every picture', () => {
    const html = report();
    const charts = html.match(/<figure/g)!.length;
    assert.equal(charts, 4);
    assert.ok(html.match(/<table/g)!.length >= charts);
    assert.equal(html.match(/role="img" aria-label="/g)!.length, charts);
    for (const cells of ['>5<', '>3<', '>12 KiB<', '>40<']) assert.ok(html.includes(cells), cells);
  });

  it('is well-formed: every element that is opened is closed', () => {
    const open: string[] = [];
    const VOID = ['meta', '!doctype'];
    const withoutStyle = report().replace(/<style>[^]*?<\/style>/, '');
    for (const [, close, name, empty] of withoutStyle.matchAll(/<(\/?)([!\w]+)[^>]*?(\/?)>/g)) {
      if (close) assert.equal(open.pop(), name);
      else if (!empty && !VOID.includes(name)) open.push(name);
    }
    assert.deepEqual(open, []);
  });

  it('says what a platform could not do, in its bar, its row and its output', () => {
    const html = report();
    assert.ok(html.includes('cannot run: fork is not supported'));
    assert.ok(html.includes('8, cannot run</text>'));
    assert.ok(html.includes('<pre tabindex="0">no fork\n</pre>'));
  });

  it('says when it shows only the beginning of the output', () => {
    assert.doesNotMatch(report(), /are shown/);
    assert.match(report({ kind: 'page' }, [run('independent', { stdoutBytes: 9000 })]), /The first 6 B are shown/);
  });

  it('follows light and dark by itself, and VS Code’s theme in an editor', () => {
    assert.match(report(), /prefers-color-scheme: dark/);
    assert.match(report(), /style-src 'unsafe-inline'/);
    const editor = report({ kind: 'editor', nonce: 'abc123' });
    assert.doesNotMatch(editor, /prefers-color-scheme|unsafe-inline|#[0-9a-f]{6}/);
    assert.match(editor, /style-src 'nonce-abc123'/);
    assert.match(editor, /<style nonce="abc123">/);
    assert.match(editor, /--vscode-editor-background/);
    assert.doesNotMatch(editor, / style="/, 'the policy forbids style attributes');
  });

  it('is in the reader’s language, all but what the program and the machine say', () => {
    const words = { language: 'de', say: (_text: string, ...filledIn: unknown[]) => `<${filledIn.join(' ')}>` };
    const comparison = { program: 'prog', args: [], runs: [...runs, run('on-demand', { stdoutSha256: 'cc' })] };
    const html = comparisonReport(comparison, { kind: 'page' }, words);
    assert.match(html, /^<!doctype html>\n<html lang="de">/);
    assert.ok(html.includes('>1.000<'));
    const said = [...html.replace(/<style>[^]*?<\/style>/, '').matchAll(/>([^<>]+)<|(?:aria-label|title)="([^"]+)"/g)];
    const known =
      /SHA-256|&lt;|&gt;|&#39;|prog|hello|no fork|fork is not supported|independent|on-demand|single|[KM]iB/g;
    for (const [, text = '', label = ''] of said)
      assert.doesNotMatch((text + label).replace(known, ''), /[a-z]{3}/i, text);
  });

  it('can be made of runs that did nothing', () => {
    const nothing = {
      instructions: 0,
      faults: {},
      framesCopied: 0,
      bytesCopied: 0,
      peakFrames: 0,
      forks: 0,
      timeline: [],
    };
    const html = report({ kind: 'page' }, [run('independent', { ...nothing, ...CANNOT, stdoutBytes: 0 })]);
    assert.doesNotMatch(html, /NaN|Infinity|undefined/);
    assert.match(html, /No platform can run the program/);
  });
});
