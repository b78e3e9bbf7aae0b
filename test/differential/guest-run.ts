import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileLayers } from '../../src/cli/file-layers.ts';
import { NodeFiles } from '../../src/cli/node-files.ts';
import type { TranslatorOptions } from '../../src/cpu/translator/translator-engine.ts';
import { MemoryFiles, type MemoryFile } from '../../src/linux/memory-files.ts';
import { Machine } from '../../src/machine/machine.ts';

/** What a person sees of a run: bytes, and the status as a shell gives it (128 + n for signal n). */
export interface GuestRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface GuestRequest {
  /** Path of the compiled program. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly stdin?: string;
  readonly platform?: string;
  /** Where the dynamic linker and shared libraries of a program are that is linked with any. */
  readonly sysroot?: string;
  /** Further files of the current directory, by name: paths of what to copy there. */
  readonly beside?: ReadonlyMap<string, string>;
  /** The program executes its argv[0] again: qemu-riscv64 passes that on to the host, which runs no riscv64 program. */
  readonly executesItself?: boolean;
  /** Check the invariants after every transition. */
  readonly check?: boolean;
  /** Run on the host as an ordinary user, also where the tests run as root. */
  readonly unprivileged?: boolean;
  /** Seeds of the layout of address spaces, and of the lengths of turns. */
  readonly aslr?: number;
  readonly schedule?: number;
  /** Bytes of guest RAM. */
  readonly memory?: number;
  readonly engine?: 'auto' | 'interpreter';
  readonly translator?: TranslatorOptions;
}

const NAME = 'guest';
/** Who is nobody in particular: as our guests' user. */
const USER = 1000;
const TEXT = 'first line\nsecond line\nthe third\n';

/** The files both runs find in their current directory, besides the program. */
const GIVEN: ReadonlyMap<string, string> = new Map([
  ['given/text', TEXT],
  ['given/empty', ''],
]);
const LINKS: ReadonlyMap<string, string> = new Map([
  ['given/link', 'text'],
  ['given/loop', 'loop'],
]);

/** The cross compiler's sysroot, of glibc. */
export const GLIBC = '/usr/riscv64-linux-gnu';

/** Instructions after which a guest counts as hanging. */
const BUDGET = 3e9;

/** A machine of ours with a program in the directory `/work`, and where its output goes. */
export function machineFor(request: GuestRequest): { machine: Machine; output: Record<1 | 2, Uint8Array[]> } {
  const encoder = new TextEncoder();
  const files = new Map<string, MemoryFile>([
    [`/work/${NAME}`, { bytes: new Uint8Array(readFileSync(request.program)) }],
  ]);
  for (const [name, text] of GIVEN) files.set(`/work/${name}`, { bytes: encoder.encode(text), mode: 0o644 });
  for (const [name, source] of request.beside ?? [])
    files.set(`/work/${name}`, { bytes: new Uint8Array(readFileSync(source)) });
  const links = new Map([...LINKS].map(([name, target]) => [`/work/${name}`, target]));
  const given = new MemoryFiles(files, links);
  const output = { 1: [] as Uint8Array[], 2: [] as Uint8Array[] };
  let input = encoder.encode(request.stdin ?? '');
  const created = Machine.create({
    program: `/work/${NAME}`,
    argv: [`./${NAME}`, ...(request.args ?? [])],
    env: request.env ?? [],
    cwd: '/work',
    platform: request.platform ?? 'independent',
    memory: request.memory ?? 64 * 2 ** 20,
    engine: request.engine ?? 'auto',
    ...(request.translator && { translator: request.translator }),
    check: request.check ?? false,
    aslr: request.aslr,
    schedule: request.schedule,
    host: {
      files: request.sysroot === undefined ? given : new FileLayers([given, new NodeFiles(request.sysroot)]),
      console: {
        write: (stream, bytes) => void output[stream].push(bytes.slice()),
        read: (max) => {
          const part = input.subarray(0, max);
          input = input.subarray(part.length);
          return part;
        },
      },
      bootTime: 1_700_000_000_000_000_000n,
      seed: 7,
    },
  });
  if (!created.ok) throw new Error(created.error.message);
  return { machine: created.value, output };
}

/** Runs a program on a machine of ours to its end. */
export function runHere(request: GuestRequest): GuestRun & { readonly machine: Machine } {
  const { machine, output } = machineFor(request);
  const stop = machine.run({ budget: BUDGET });
  const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString();
  if (stop.kind !== 'exited') {
    const waits = machine.tasks().map((task) => `${task.tid} ${task.wait?.reason ?? 'runs'}`);
    const violation = stop.kind === 'invariant' ? `: ${stop.violation.message}` : '';
    throw new Error(
      `the guest ended with ${stop.kind}${violation} (${waits.join('; ')}) after:\n${text(output[1])}${text(output[2])}`,
    );
  }
  return { stdout: text(output[1]), stderr: text(output[2]), status: stop.code, machine };
}

/** Runs a program under qemu-riscv64, in a directory of its own with the same files. */
export function runUnderQemu(request: GuestRequest): GuestRun {
  const { program, sysroot, executesItself, beside = [] } = request;
  const qemu = ['qemu-riscv64', ...(sysroot === undefined ? [] : ['-L', sysroot])];
  if (!executesItself) return runOnHost(request, qemu);
  // What the host finds under the program's name starts qemu again.
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-script-'));
  try {
    const script = path.join(folder, NAME);
    writeFileSync(script, `#!/bin/sh\nexec ${qemu.join(' ')} -0 ./${NAME} ./${NAME}.elf "$@"\n`);
    return runOnHost({ ...request, program: script, beside: new Map([...beside, [`${NAME}.elf`, program]]) }, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program that was built for this machine, in the same way. */
export function runNatively(request: GuestRequest): GuestRun {
  return runOnHost(request, []);
}

function runOnHost(request: GuestRequest, runner: readonly string[]): GuestRun {
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-guest-'));
  try {
    mkdirSync(path.join(folder, 'given'));
    for (const [name, text] of GIVEN) writeFileSync(path.join(folder, name), text);
    for (const [name, target] of LINKS) symlinkSync(target, path.join(folder, name));
    copyFileSync(request.program, path.join(folder, NAME));
    chmodSync(path.join(folder, NAME), 0o755);
    for (const [name, source] of request.beside ?? []) {
      copyFileSync(source, path.join(folder, name));
      chmodSync(path.join(folder, name), 0o755);
    }
    const user = request.unprivileged && process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
    if ('uid' in user) chownSync(folder, USER, USER);
    const [command, ...args] = [...runner, `./${NAME}`, ...(request.args ?? [])];
    const run = spawnSync(command, args, {
      cwd: folder,
      ...user,
      env: environment(request.env ?? []),
      input: request.stdin ?? '',
      timeout: 60_000,
      maxBuffer: 1 << 24,
    });
    if (run.error) throw run.error;
    const status = run.status ?? 128 + signalNumber(run.signal);
    return { stdout: run.stdout.toString(), stderr: run.stderr.toString(), status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environment(entries: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = { PATH: process.env['PATH'] ?? '' };
  for (const entry of entries) variables[entry.slice(0, entry.indexOf('='))] = entry.slice(entry.indexOf('=') + 1);
  return variables;
}

function signalNumber(name: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGTRAP: 5,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
  };
  const number = name && numbers[name];
  if (typeof number !== 'number') throw new Error(`qemu was ended by ${name}`);
  return number;
}
