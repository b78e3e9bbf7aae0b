// npm start: on a fresh clone installs what is missing, builds, and shows the main job: VS Code with the extension and
// the bundled sample, stopped at its fork. Usage: npm start -- [--headless]
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { findOnPath, installPackages, installPrograms, installWorkbench } from './prerequisites.mjs';
import { main, ROOT, run, step, StepFailed } from './step.mjs';

const SAMPLES = path.join(ROOT, 'samples');
const TOUR = path.join(ROOT, 'out/tour-extension');
const PICTURES = path.join(ROOT, 'out/tour');

/** On Windows `code` is a command file. */
const needsShell = process.platform === 'win32';

await main(async () => {
  const args = process.argv.slice(2);
  const unknown = args.find((argument) => argument !== '--headless');
  if (unknown) throw new StepFailed(`unknown option ${unknown}: there is --headless`);
  const headless = args.includes('--headless');
  const desktop = headless ? undefined : findDesktop();

  await installPackages();
  if (!desktop) await installWorkbench();
  if (headless) await installPrograms(['browser']);
  await step('building', process.execPath, ['esbuild.mjs', '--tour']);
  if (headless) return takeTour();
  return desktop ? openDesktop(desktop) : serve();
});

/** The desktop VS Code to use: the one that `VSCODE_EXECUTABLE` names, or `code` on PATH. */
function findDesktop() {
  const executable = process.env.VSCODE_EXECUTABLE ?? findOnPath('code');
  // A `code` that cannot even tell its version is none: a wrapper without its application, say.
  const works = executable && spawnSync(executable, ['--version'], { timeout: 20_000, shell: needsShell }).status === 0;
  return works ? executable : undefined;
}

async function openDesktop(code) {
  console.log(`\n> opening ${code}`);
  return run(code, [
    '--new-window',
    `--extensionDevelopmentPath=${ROOT}`,
    `--extensionDevelopmentPath=${TOUR}`,
    SAMPLES,
  ]);
}

async function serve() {
  const { serveWorkbench } = await import('../test/host/workbench.mjs');
  const workbench = await serveWorkbench({ extensions: [ROOT, TOUR], folder: SAMPLES });
  console.log(`\nVS Code is at ${workbench.url}`);
  console.log('Open this address in a browser: the sample starts and stops at its fork. Ctrl+C ends it.');
  const stop = () => workbench.stop().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  await workbench.ended;
  return 0;
}

async function takeTour() {
  const { runTests } = await import('../test/host/workbench.mjs');
  rmSync(PICTURES, { recursive: true, force: true });
  console.log('\n> taking the tour');
  const status = await runTests({
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: path.join(TOUR, 'tour.js'),
    folder: SAMPLES,
    shotsDir: PICTURES,
  });
  console.log(`the pictures are in ${path.relative(process.cwd(), PICTURES) || '.'}`);
  return status;
}
