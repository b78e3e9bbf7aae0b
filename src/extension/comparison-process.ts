import { spawn } from 'node:child_process';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { LaunchConfig } from '../debug/launch.ts';
import type { MeasuredRun } from '../inspect/measured-run.ts';
import { PLATFORM_NAMES } from '../platform/registry.ts';
import { err, ok, type Result } from '../result.ts';

/** What a comparison takes of a launch configuration. */
export type ComparisonRequest = Pick<
  LaunchConfig,
  | 'program'
  | 'args'
  | 'env'
  | 'cwd'
  | 'root'
  | 'sysroot'
  | 'memory'
  | 'engine'
  | 'check'
  | 'aslr'
  | 'schedule'
  | 'stdin'
>;

/**
 * Runs `pagewalk compare` as a program of its own, so that it can be stopped at any time.
 * @param commandLine path of `cli.js`
 * @param onRun called with each run when it has ended
 * @param signal stops it: the runs so far are then the result
 * @returns an error in one line when not all platforms could be tried
 */
export async function runComparison(
  commandLine: string,
  request: ComparisonRequest,
  onRun: (run: MeasuredRun) => void,
  signal: AbortSignal,
): Promise<Result<readonly MeasuredRun[], string>> {
  let input: FileHandle | undefined;
  try {
    if (request.stdin !== undefined) input = await open(request.stdin);
  } catch (error) {
    return err((error as Error).message);
  }
  const child = spawn(process.execPath, [commandLine, 'compare', '--json-lines', ...optionsOf(request)], {
    // VS Code's own runtime is Electron.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: [input?.fd ?? 'ignore', 'pipe', 'pipe'],
    signal,
  });
  let problem = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (problem += text));
  const closed = new Promise<void>((resolve) => {
    child.on('error', (error) => (problem += error.message));
    child.on('close', () => resolve());
  });
  await input?.close();
  const runs: MeasuredRun[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const run = parseRun(line);
    if (!run) continue; // cut off when it was stopped
    runs.push(run);
    onRun(run);
  }
  await closed;
  if (signal.aborted || runs.length === PLATFORM_NAMES.length) return ok(runs);
  return err(
    inLaunchWords(problem.trim().replace(/^pagewalk: /, '')) ||
      `pagewalk compare ended by ${child.signalCode ?? child.exitCode}`,
  );
}

/** What the command line says, where its options are attributes. */
function inLaunchWords(problem: string): string {
  return problem.replace('with --sysroot', 'with "sysroot" in launch.json');
}

function parseRun(line: string): MeasuredRun | undefined {
  try {
    return JSON.parse(line) as MeasuredRun;
  } catch {
    return undefined;
  }
}

function optionsOf({
  program,
  args,
  env,
  cwd,
  root,
  sysroot,
  memory,
  engine,
  check,
  aslr,
  schedule,
}: ComparisonRequest): string[] {
  return [
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    `--cwd=${cwd}`,
    ...(root === undefined ? [] : [`--root=${root}`]),
    ...(sysroot === undefined ? [] : [`--sysroot=${sysroot}`]),
    `--memory=${memory}`,
    `--engine=${engine}`,
    ...(check ? ['--check'] : []),
    ...(aslr === undefined ? [] : ['--aslr', String(aslr)]),
    ...(schedule === undefined ? [] : ['--schedule', String(schedule)]),
    program,
    ...args,
  ];
}
