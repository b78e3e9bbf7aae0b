import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** What gdb knows of a variable; one of the optional fields says its value. */
export interface GdbVariable {
  readonly name: string;
  readonly line: number;
  readonly type: string;
  readonly integer?: string;
  readonly float?: string;
  readonly address?: string;
  readonly unavailable?: true;
  readonly error?: string;
}

export interface GdbFrame {
  readonly pc: string;
  readonly sp: string;
  readonly name: string | null;
  readonly line: number;
  readonly inlined: boolean;
  readonly variables?: readonly GdbVariable[];
}

/** The state of a guest at a breakpoint: registers, readable memory, and gdb's view of the stack. */
export interface GdbStop {
  readonly x: readonly string[];
  readonly f: readonly string[];
  readonly frames: readonly GdbFrame[];
  readonly memory: readonly (readonly [address: string, hex: string])[];
}

/** Runs a static guest in qemu-user under gdb and collects every stop at its function `checkpoint`. */
export function gdbStops(program: string): Promise<GdbStop[]> {
  return runInGdb(program, 'gdb-stops.py');
}

/** Runs a static guest in qemu-user under gdb with a script that writes lines of JSON. */
export async function runInGdb<T>(program: string, script: string, environment: object = {}): Promise<T[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-gdb-'));
  const socket = path.join(folder, 'gdb');
  const stops = path.join(folder, 'stops.json');
  const socketAppears = new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(socket)) return;
      watcher.close();
      resolve();
    });
  });
  const guest = spawn('qemu-riscv64', ['-g', socket, program], { stdio: 'ignore' });
  const exited = once(guest, 'exit');
  await Promise.race([socketAppears, exited]);
  const scripts = ['gdb-connect.py', script].flatMap((name) => ['-x', path.resolve('test/differential', name)]);
  try {
    await promisify(execFile)('gdb-multiarch', ['-nx', '-batch', ...scripts, program], {
      env: { ...process.env, STOPS_FILE: stops, STOPS_SOCKET: socket, LC_ALL: 'C.UTF-8', ...environment },
      maxBuffer: 1 << 26,
      timeout: 120_000,
    });
  } finally {
    guest.kill('SIGKILL');
    await exited;
  }
  const lines = readFileSync(stops, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
