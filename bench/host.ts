import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** Where figures come from. */
export interface Host {
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly qemu: string;
  readonly compilers: readonly string[];
  /** Load average of a minute, before the first run: more than a little, and the figures are not to be trusted. */
  readonly load: number;
}

export function describeHost(): Host {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    qemu: firstLine('qemu-riscv64'),
    compilers: [firstLine('gcc'), firstLine('riscv64-linux-gnu-gcc')],
    load: Number(os.loadavg()[0].toFixed(2)),
  };
}

/** Warns on stderr when other work would blur what is measured. */
export function warnIfBusy({ load }: Host): void {
  if (load > 0.5) console.error(`note: the machine is busy (load ${load}): ratios will be noisy`);
}

function firstLine(command: string): string {
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return stdout?.split('\n')[0] ?? `no ${command}`;
}
