import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MemoryFiles } from '../src/linux/memory-files.ts';
import { Machine, type MachineOptions } from '../src/machine/machine.ts';

/** What a guest printed. */
export interface Printed {
  stdout: string;
}

/** A machine with one program loaded, and what it prints. Throws when the program cannot be loaded. */
export function machineOf(
  program: Uint8Array,
  options: Partial<MachineOptions> = {},
): Machine & { readonly printed: Printed } {
  const printed: Printed = { stdout: '' };
  const machine = Machine.create({
    program: '/program',
    argv: ['program'],
    env: [],
    cwd: '/',
    platform: 'independent',
    memory: 64 * 2 ** 20,
    host: {
      files: new MemoryFiles(new Map([['/program', { bytes: program }]])),
      console: {
        write: (_stream, bytes) => (printed.stdout += Buffer.from(bytes).toString()),
        read: () => new Uint8Array(),
      },
      bootTime: 0n,
      seed: 1,
    },
    ...options,
  });
  if (!machine.ok) throw new Error(machine.error.message);
  return Object.assign(machine.value, { printed });
}

export function sample(name: string): Uint8Array {
  return readFileSync(path.resolve('samples', name, name));
}

/** Builds a C program for the guest. */
export function compileGuest(source: string, ...flags: string[]): Uint8Array {
  mkdirSync('out/scratch', { recursive: true });
  const file = path.join(mkdtempSync(path.resolve('out/scratch/guest-')), 'program');
  execFileSync('riscv64-linux-gnu-gcc', ['-x', 'c', '-', '-o', file, '-static', ...flags], { input: source });
  return readFileSync(file);
}
