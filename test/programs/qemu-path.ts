import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * A folder with a command for every program of the sysroot in `folders`, which runs it under qemu-riscv64: as PATH of a
 * program under qemu it makes that program's children riscv64 ones, too. Made once for each sysroot.
 */
export function qemuPath(sysroot: string, folders: readonly string[]): string {
  const made = path.join(sysroot, '.qemu-path');
  if (existsSync(made)) return made;
  const fresh = mkdtempSync(`${made}-`);
  for (const folder of folders.filter((name) => existsSync(path.join(sysroot, name))))
    for (const name of readdirSync(path.join(sysroot, folder))) {
      const program = path.join(sysroot, folder, name);
      if (!isElf(program)) continue;
      const command = path.join(fresh, name);
      writeFileSync(command, `#!/bin/sh\nexec qemu-riscv64 -0 '${name}' -L '${sysroot}' '${program}' "$@"\n`);
      chmodSync(command, 0o755);
    }
  try {
    renameSync(fresh, made);
  } catch {
    rmSync(fresh, { recursive: true }); // another test was faster
  }
  return made;
}

function isElf(file: string): boolean {
  if (!existsSync(file)) return false;
  const magic = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, magic, 0, 4, 0);
  } finally {
    closeSync(descriptor);
  }
  return magic.toString('latin1') === '\x7fELF';
}
