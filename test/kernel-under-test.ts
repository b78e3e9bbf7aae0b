import assert from 'node:assert/strict';
import { FileLayers } from '../src/cli/file-layers.ts';
import { SYSCALL_NUMBERS, type SyscallName } from '../src/linux/abi/syscall-number.ts';
import type { HostFiles } from '../src/linux/host.ts';
import type { SyscallResult } from '../src/linux/kernel.ts';
import { type MemoryFile, MemoryFiles } from '../src/linux/memory-files.ts';
import type { Thread } from '../src/linux/thread.ts';
import { Machine } from '../src/machine/machine.ts';
import { virtAddr } from '../src/memory/address.ts';
import { CODE_ADDRESS, SPACE_ADDRESS, smallElf } from './small-elf.ts';

interface KernelOptions {
  readonly platform?: string;
  readonly memory?: number;
  readonly files?: ReadonlyMap<string, MemoryFile>;
  readonly links?: ReadonlyMap<string, string>;
  /** Where files are looked up that are not among `files`. */
  readonly below?: HostFiles;
  readonly program?: Uint8Array;
  /** The streams are a terminal of this size. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** Characters of output that are kept at least. */
const LAST_OUTPUT = 2 ** 16;

/** A machine whose program is nothing but an ecall: the test makes its syscalls and looks at what comes back. */
export class KernelUnderTest {
  readonly machine: Machine;
  readonly output: Record<1 | 2, string> = { 1: '', 2: '' };

  constructor(options: KernelOptions = {}) {
    const files = new Map(options.files);
    files.set('/program', { bytes: options.program ?? smallElf() });
    const given = new MemoryFiles(files, options.links);
    const created = Machine.create({
      program: '/program',
      argv: ['program'],
      env: [],
      cwd: '/',
      platform: options.platform ?? 'independent',
      memory: options.memory ?? 8 * 2 ** 20,
      host: {
        files: options.below ? new FileLayers([given, options.below]) : given,
        console: {
          write: (stream, bytes) => {
            const output = this.output[stream] + new TextDecoder().decode(bytes);
            this.output[stream] = output.length > 2 * LAST_OUTPUT ? output.slice(-LAST_OUTPUT) : output;
          },
          read: () => undefined,
          ...(options.terminal ? { terminal: options.terminal } : {}),
        },
        bootTime: 1_000_000_000_000_000_000n,
        seed: 1,
      },
    });
    assert.ok(created.ok, created.ok ? '' : created.error.message);
    this.machine = created.value;
    this.switchTo(this.kernel.tasks()[0]);
  }

  get kernel(): Machine['kernel'] {
    return this.machine.kernel;
  }

  get thread(): Thread {
    return this.kernel.current!;
  }

  /** Puts a task on the hart, as the scheduler would. */
  switchTo(task: Thread): void {
    const { kernel, hart, provider, mmu } = this.machine;
    if (kernel.current && kernel.current.state !== 'dead') hart.saveInto(kernel.current.context);
    hart.restore(task.context);
    kernel.current = task;
    provider.activate(mmu, task.process.space!);
    kernel.startTask();
    kernel.deliverSignals();
  }

  /** Makes a syscall of the current task. */
  enter(name: SyscallName | number, ...args: readonly (number | bigint)[]): SyscallResult {
    const { hart } = this.machine;
    hart.pc = virtAddr(CODE_ADDRESS);
    hart.setX(17, BigInt(typeof name === 'number' ? name : SYSCALL_NUMBERS[name]));
    for (let i = 0; i < 6; i++) hart.setX(10 + i, BigInt(args[i] ?? 0));
    return this.kernel.syscall();
  }

  /** Makes a syscall that returns, and gives its result. */
  call(name: SyscallName | number, ...args: readonly (number | bigint)[]): number {
    assert.equal(this.enter(name, ...args), 'done');
    return Number(BigInt.asIntN(64, this.machine.hart.x(10)));
  }

  /** Puts bytes, or text with a NUL, into the program's memory. @returns the address. */
  put(content: string | Uint8Array, at = SPACE_ADDRESS): number {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(`${content}\0`) : content;
    this.thread.process.memory.write(at, bytes);
    return at;
  }

  bytes(at: number, length: number): Uint8Array {
    return this.thread.process.memory.read(at, length);
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes(at, length));
  }
}
