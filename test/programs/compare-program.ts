import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFixture } from './fixture.ts';
import type { RealProgram } from './programs.ts';

const SYSROOT = path.resolve('out/sysroot');
const FOLDER = path.resolve('out/programs');
/** Host seconds after which a program counts as hanging, in milliseconds. */
const TIMEOUT = 120_000;

const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', LANG: 'C.UTF-8', TZ: 'UTC' };

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell gives it: 128 + n for signal n. */
  readonly status: number;
}

/** Fails, saying what to do, where the riscv64 programs are not there. */
function requireSysroot(): void {
  assert.ok(
    existsSync(path.join(SYSROOT, '.packages')),
    'the riscv64 programs are not in out/sysroot: "node scripts/riscv64-sysroot.mjs" gets them, or says what it lacks',
  );
}

export function titleOf({ title, program, args }: RealProgram): string {
  return title ?? `${program} ${args.join(' ')}`;
}

/** Runs a program here and under qemu-riscv64, in the same files: output and exit status must be equal. */
export function compareProgram(request: RealProgram): void {
  requireSysroot();
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(`${FOLDER}/`);
  try {
    const program = path.resolve(SYSROOT, 'usr/bin', request.program);
    makeFixture(folder);
    const ours = runHere(program, request, folder);
    const expected = runUnderQemu(program, request, folder);
    // A lone relative directory says where it is: ours is the root, qemu's the fixture.
    const placed = (text: string): string => text.replaceAll(`${folder}/`, '/').replaceAll(folder, '/');
    assert.deepEqual(
      { stdout: ours.stdout, status: ours.status, stderr: ours.stderr },
      { stdout: placed(expected.stdout), status: expected.status, stderr: placed(expected.stderr) },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runHere(program: string, { args, stdin }: RealProgram, folder: string): Outcome {
  const env = Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const options = ['--root', folder, '--sysroot', SYSROOT, ...env];
  return outcome(
    spawnSync(process.execPath, ['dist/cli.js', 'run', ...options, program, ...args], {
      ...STREAMS,
      input: stdin ?? '',
    }),
  );
}

function runUnderQemu(program: string, { args, stdin }: RealProgram, folder: string): Outcome {
  const options = { ...STREAMS, cwd: folder, env: ENVIRONMENT, input: stdin ?? '' };
  return outcome(spawnSync('qemu-riscv64', ['-L', SYSROOT, program, ...args], options));
}

/** Latin-1, so that every byte of a compressed file is compared. */
const STREAMS = { encoding: 'latin1', timeout: TIMEOUT, maxBuffer: 1 << 28 } as const;

function outcome(run: ReturnType<typeof spawnSync>): Outcome {
  if (run.error) throw run.error;
  const [stdout, stderr] = [run.stdout as string, run.stderr as string];
  return { stdout, stderr, status: run.status ?? 128 + SIGNALS[run.signal ?? ''] };
}

const SIGNALS: Readonly<Record<string, number>> = { SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
