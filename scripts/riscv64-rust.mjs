// A Rust compiler for riscv64: Debian's, with the standard libraries of both sides, unpacked into out/rust.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { command, privateApt } from './riscv64-sysroot.mjs';
import { ROOT, StepFailed } from './step.mjs';

const HOME = path.join(ROOT, 'out/rust');
const PRIVATE = path.join(ROOT, 'out/rust-apt');
/** The compiler runs with its own libc: it may be newer than this machine's. */
const HOST_PACKAGES = [
  ...['rustc', 'libstd-rust-1.85', 'libstd-rust-dev', 'libllvm19', 'libc6', 'libgcc-s1', 'libstdc++6', 'zlib1g'],
  ...[
    'libzstd1',
    'libxml2',
    'libffi8',
    'libedit2',
    'libtinfo6',
    'libbsd0',
    'libmd0',
    'libz3-4',
    'libicu76',
    'liblzma5',
  ],
];

/** Makes out/rust/rustc, unless it is there. @throws {StepFailed} saying what the machine lacks */
export function installRust() {
  if (existsSync(path.join(HOME, 'rustc'))) return;
  if (process.arch !== 'x64') throw new StepFailed('the compiler for the Rust guests runs on x86-64 only');
  console.log('\n> unpacking a Rust compiler for riscv64 into out/rust (about 150 MB to download)');
  const apt = privateApt(PRIVATE, ['amd64', 'riscv64']);
  apt('download', ...HOST_PACKAGES.map((name) => `${name}:amd64`), 'libstd-rust-dev:riscv64');
  const fresh = `${HOME}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const archive of apt.archives()) command('dpkg-deb', ['-x', archive, fresh]);
  const script = `#!/bin/sh
home=$(dirname "$(readlink -f "$0")")
exec "$home/usr/lib64/ld-linux-x86-64.so.2" --library-path "$home/usr/lib/x86_64-linux-gnu:$home/usr/lib" \\
  "$home/usr/bin/rustc" --sysroot "$home/usr" "$@"
`;
  writeFileSync(path.join(fresh, 'rustc'), script);
  chmodSync(path.join(fresh, 'rustc'), 0o755);
  rmSync(HOME, { recursive: true, force: true });
  renameSync(fresh, HOME);
  rmSync(PRIVATE, { recursive: true, force: true });
}
