import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFixture } from './fixture.ts';
import type { RealProgram } from './programs.ts';
import { qemuPath } from './qemu-path.ts';

const SYSROOT = path.resolve('out/sysroot');
const FOLDER = path.resolve('out/programs');
/** Host seconds after which a program counts as hanging, in milliseconds. */
const TIMEOUT = 600_000;

/** Folders of the sysroot whose programs are found by name. */
const FOLDERS = ['usr/bin', 'usr/sbin', 'usr/libexec/gcc/riscv64-linux-gnu/14'];
const ENVIRONMENT = { PATH: FOLDERS.map((folder) => `/${folder}`).join(':'), HOME: '/', LANG: 'C.UTF-8', TZ: 'UTC' };

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell gives it: 128 + n for signal n. */
  readonly status: number;
}

/** Fails, saying what to do, where a riscv64 program is not there. */
function requireProgram(program: string): void {
  assert.ok(
    existsSync(program),
    `${program} is not there: "node scripts/riscv64-sysroot.mjs --all" gets it, or says what it lacks`,
  );
}

export function titleOf({ title, program, args }: RealProgram): string {
  return title ?? `${program} ${args.join(' ')}`;
}

/** Runs a program here and under qemu-riscv64, in the same files: output and exit status must be equal. */
export function compareProgram(request: RealProgram): void {
  const program = path.resolve(SYSROOT, 'usr/bin', request.program);
  requireProgram(program);
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(`${FOLDER}/`);
  try {
    makeFixture(folder);
    const ours = runHere(program, request, folder);
    const expected = runUnderQemu(program, request, folder);
    // A lone relative directory says where it is: ours is the root, qemu's the fixture.
    const placed = (text: string): string => text.replaceAll(`${folder}/`, '/').replaceAll(folder, '/');
    const stderr = request.errorsDiffer ? ours.stderr : placed(expected.stderr);
    assert.deepEqual(ours, { stdout: placed(expected.stdout), status: expected.status, stderr });
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
  const env = { ...ENVIRONMENT, PATH: `${qemuPath(SYSROOT, FOLDERS)}:/usr/bin:/bin` };
  const options = { ...STREAMS, cwd: folder, env, input: stdin ?? '' };
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
