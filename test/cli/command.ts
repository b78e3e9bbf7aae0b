import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SAMPLES = path.resolve('samples');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pagewalk` with these arguments, as a user would. @param environment what is set besides the own one. */
export function pagewalk(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], {
    input,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

export function sample(name: string): string {
  return path.join(SAMPLES, name, name);
}

/** A fresh folder below out/, for the files of one test. */
export function scratch(): string {
  mkdirSync('out/scratch', { recursive: true });
  return mkdtempSync(path.resolve('out/scratch/cli-'));
}

export function writeScratch(name: string, bytes: Uint8Array | string): string {
  const file = path.join(scratch(), name);
  writeFileSync(file, bytes, { mode: 0o755 });
  return file;
}
