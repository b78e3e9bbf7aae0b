// npm test: on a fresh clone installs what is missing, then checks, builds and runs every layer of tests.
// Usage: npm test -- [--layer unit|property|differential|cli|adapter|workbench|programs|values]... [--no-check]
// The layers `programs` and `values` are run only when they are asked for.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { installPackages, installPrograms, installWorkbench, npm } from './prerequisites.mjs';
import { installRust } from './riscv64-rust.mjs';
import { installSysroot } from './riscv64-sysroot.mjs';
import { main, ROOT, run, step, StepFailed } from './step.mjs';

const NODE_LAYERS = ['unit', 'property', 'differential', 'cli', 'adapter'];
const LAYERS = [...NODE_LAYERS, 'workbench'];
/** The last two take minutes. */
const ALL_LAYERS = [...LAYERS, 'programs', 'values'];
/** They run riscv64 programs of Debian. */
const PROGRAM_LAYERS = ['differential', 'programs'];
const RESULTS = path.join(ROOT, 'out/results');
const CONCURRENCY = 2;

await main(async () => {
  const { layers, check } = parseArguments(process.argv.slice(2));
  const withWorkbench = layers.includes('workbench');
  await installPackages();
  if (withWorkbench) await installWorkbench();
  await installPrograms([
    ...(layers.some((layer) => layer !== 'workbench') ? ['toolchain'] : []),
    ...(withWorkbench ? ['browser'] : []),
    ...(layers.includes('values') ? ['clang', 'go'] : []),
  ]);
  if (layers.some((layer) => PROGRAM_LAYERS.includes(layer))) getPrograms(layers.includes('programs'));
  if (layers.includes('values')) getRust();
  if (check) await step('checking types, lint, format and dead code', npm, ['run', '--silent', 'check']);
  await step('building the product and the tests', process.execPath, ['esbuild.mjs', '--tests']);

  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  const results = [];
  for (const layer of layers) {
    console.log(`\n> ${layer} tests`);
    const started = performance.now();
    const outcome = layer === 'workbench' ? await runWorkbench() : await runNode(layer);
    results.push({ layer, ...outcome, seconds: (performance.now() - started) / 1000 });
  }
  return summarise(results);
});

function parseArguments(args) {
  const layers = [];
  let check = true;
  while (args.length > 0) {
    const argument = args.shift();
    if (argument === '--no-check') {
      check = false;
    } else if (argument === '--layer') {
      const layer = args.shift();
      if (!ALL_LAYERS.includes(layer)) throw new StepFailed(`--layer takes one of ${ALL_LAYERS.join(', ')}`);
      layers.push(layer);
    } else {
      throw new StepFailed(`unknown option ${argument}: there are --layer NAME and --no-check`);
    }
  }
  return { layers: layers.length > 0 ? ALL_LAYERS.filter((layer) => layers.includes(layer)) : LAYERS, check };
}

/** Without the programs their tests fail, and say so; the rest can still be run. */
function getPrograms(all) {
  try {
    installSysroot({ all });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`error: ${error.message}`);
  }
}

/** Without it the values of Rust are not compared; each of those tests says so. */
function getRust() {
  try {
    installRust();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`error: ${error.message}`);
  }
}

/** Runs one layer with Node's own test runner (which takes no patterns before Node 21, so files are listed here). */
async function runNode(layer) {
  const folder = path.join(ROOT, 'out/test', layer);
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join(folder, name));
  if (files.length === 0) throw new StepFailed(`there are no ${layer} tests`);
  const results = path.join(RESULTS, `${layer}.json`);
  const status = await run(process.execPath, [
    '--test',
    '--enable-source-maps',
    '--import=./scripts/property-seed.mjs',
    `--test-concurrency=${CONCURRENCY}`,
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=./scripts/results-reporter.mjs', `--test-reporter-destination=${results}`],
    ...files,
  ]);
  return readResults(results, status);
}

/** Runs the suite in VS Code's workbench. The suite writes its results where `PAGEWALK_RESULTS` says. */
async function runWorkbench() {
  const results = path.join(RESULTS, 'workbench.json');
  const status = await run(process.execPath, ['scripts/workbench-suite.mjs'], { env: { PAGEWALK_RESULTS: results } });
  return readResults(results, status);
}

/** A run that ended badly without a failed test (a crash, a time-out) counts as one failure. */
function readResults(file, status) {
  let results = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.error('the run ended without results');
    if (status === 0) results.failed = 1;
  }
  if (status !== 0 && results.failed === 0) results.failed = 1;
  return results;
}

/** What failed comes last, with its reason: it is far up in the output of the run. */
function summarise(results) {
  for (const { layer, failures } of results)
    for (const { name, reason } of failures) console.log(`\n> failed in ${layer}: ${name}\n${reason}`);
  console.log('\n> summary');
  for (const { layer, passed, failed, skipped, seconds } of results)
    console.log(`${layer.padEnd(13)}${counted(passed, failed, skipped)} (${seconds.toFixed(1)} s)`);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(counted(total('passed'), total('failed'), total('skipped')));
  return total('failed') > 0 ? 1 : 0;
}

function counted(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
