// What a fresh clone lacks: the npm packages, and programs that only the system's package manager has.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ROOT, StepFailed, step } from './step.mjs';

/** Programs by what they are for: any one of `names` will do; `debian` is the package that has it. */
const PROGRAMS = {
  toolchain: [
    { names: ['gcc'], debian: 'gcc' },
    { names: ['g++'], debian: 'g++' },
    { names: ['riscv64-linux-gnu-gcc'], debian: 'gcc-riscv64-linux-gnu' },
    { names: ['riscv64-linux-gnu-g++'], debian: 'g++-riscv64-linux-gnu' },
    { names: ['qemu-riscv64', 'qemu-riscv64-static'], debian: 'qemu-user' },
    { names: ['gdb-multiarch'], debian: 'gdb-multiarch' },
  ],
  clang: [{ names: ['clang'], debian: 'clang' }],
  go: [{ names: ['go'], debian: 'golang-go' }],
  browser: [
    {
      names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
      debian: 'chromium',
      variable: 'CHROMIUM_PATH',
    },
  ],
};

/** Installs the project's npm packages, unless they are there and no older than the lockfile. */
export const installPackages = () => install('.', 'installing the dependencies');

/** Installs the npm-shipped workbench (test/host). */
export const installWorkbench = () => install('test/host', 'installing the workbench (about 500 MB)');

async function install(folder, title) {
  const lockfile = path.join(ROOT, folder, 'package-lock.json');
  const installed = path.join(ROOT, folder, 'node_modules/.package-lock.json'); // npm writes it last
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  await step(title, npm, ['ci', '--no-audit', '--no-fund', '--prefix', folder]);
}

/** npm's name for spawn: Windows has it as a command file. */
export const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Makes sure that programs are on PATH; installs those that are not with apt-get where that is possible.
 * @param {(keyof typeof PROGRAMS)[]} kinds
 * @throws {StepFailed} naming exactly what to install
 */
export async function installPrograms(kinds) {
  const missing = () => kinds.flatMap((kind) => PROGRAMS[kind]).filter((program) => !isThere(program));
  const wanted = missing();
  if (wanted.length === 0) return;
  const packages = wanted.map((program) => program.debian);
  const apt = aptGet();
  if (apt) {
    const [command, ...prefix] = apt;
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await step('updating the package lists', command, [...prefix, 'update', '-qq'], { env });
    const args = [...prefix, 'install', '-y', '-qq', '--no-install-recommends', ...packages];
    await step(`installing ${packages.join(', ')}`, command, args, { env });
  }
  const lacking = missing();
  if (lacking.length === 0) return;
  const names = lacking.map((program) => program.names[0]).join(', ');
  throw new StepFailed(
    `${names} not found on PATH: install ${lacking.map((program) => program.debian).join(' ')} ` +
      `(Debian and Ubuntu: "sudo apt-get install ${lacking.map((program) => program.debian).join(' ')}") and run this again`,
  );
}

function isThere({ names, variable }) {
  if (variable && process.env[variable]) return existsSync(process.env[variable]);
  return names.some(findOnPath);
}

/** @returns {string | undefined} where the program is */
export function findOnPath(name) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => endings.map((ending) => path.join(folder, name + ending)))
    .find((at) => existsSync(at));
}

/** The command line of an apt-get that will not ask for a password. */
function aptGet() {
  if (!findOnPath('apt-get')) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  const passwordless = findOnPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0;
  return passwordless ? ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND', 'apt-get'] : undefined;
}
