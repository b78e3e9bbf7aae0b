// Real riscv64 programs for the tests: Debian packages with everything they depend on, unpacked into out/sysroot.
// apt works in folders of its own below out/: nothing of the system's package state is read or changed but where the
// system gets Debian from and which keys it trusts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { debianSource } from './debian-source.mjs';
import { findOnPath } from './prerequisites.mjs';
import { main, ROOT, StepFailed } from './step.mjs';

/** The first Debian release that has riscv64. */
const SUITE = 'trixie';
/** Its other name, until there is a newer one. */
const ALIAS = 'stable';
/** What `npm test` runs. */
const PACKAGES = [
  ...['bash', 'bc', 'busybox', 'bzip2', 'coreutils', 'dash', 'diffutils', 'findutils', 'gawk', 'grep', 'gzip'],
  ...[
    'libc-bin',
    'libstdc++6',
    'lua5.4',
    'make',
    'mawk',
    'musl',
    'perl-base',
    'pup',
    'ripgrep',
    'sed',
    'sqlite3',
    'tar',
  ],
  'xz-utils',
];
/** What `npm run test:programs` runs besides. */
const MORE_PACKAGES = [
  ...[
    'age',
    'bash-static',
    'binutils',
    'bsdutils',
    'cpp-14-riscv64-linux-gnu',
    'curl',
    'ed',
    'fd-find',
    'fzf',
    'git',
    'gron',
    'hexyl',
  ],
  ...['jq', 'libpython3.13-stdlib', 'm4', 'nginx-light', 'nodejs', 'openssl', 'pbzip2', 'pigz'],
  ...['python3.13-minimal', 'redis-server', 'redis-tools', 'sd', 'socat', 'tcl8.6', 'vim-tiny', 'zsh'],
  'zstd',
];
/** Unpacked without what they depend on, which would be a whole compiler. */
const LONE_PACKAGES = ['musl-dev'];
const SYSROOT = path.join(ROOT, 'out/sysroot');
const STAMP = path.join(SYSROOT, '.packages');
/** Of the package debian-archive-keyring. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PRIVATE = path.join(ROOT, 'out/sysroot-apt');

/**
 * Makes out/sysroot, unless it is there with these packages.
 * @param {{all?: boolean}} [options] `all`: those of `npm run test:programs`, too
 * @throws {StepFailed} saying exactly what the machine lacks
 */
export function installSysroot({ all = false } = {}) {
  const packages = all ? [...PACKAGES, ...MORE_PACKAGES] : PACKAGES;
  const wanted = [SUITE, ...packages, ...LONE_PACKAGES];
  const present = existsSync(STAMP) ? readFileSync(STAMP, 'utf8').trim().split(' ') : [];
  if (wanted.every((name) => present.includes(name))) return;
  console.log(`\n> unpacking riscv64 programs into out/sysroot (about ${all ? 140 : 30} MB to download)`);
  for (const tool of ['apt-get', 'dpkg-deb'])
    if (!findOnPath(tool))
      throw new StepFailed(
        `the tests of real programs need ${tool}, which Debian and its relatives have: ` +
          'unpack the riscv64 packages there and copy out/sysroot here',
      );
  const archives = download(packages);
  const fresh = `${SYSROOT}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  // base-files makes /bin, /lib and /sbin links into /usr: packages that still name the old paths go through them.
  const isBase = (archive) => path.basename(archive).startsWith('base-files_');
  for (const archive of archives.sort((a, b) => isBase(b) - isBase(a))) command('dpkg-deb', ['-x', archive, fresh]);
  writeFileSync(path.join(fresh, '.packages'), `${wanted.join(' ')}\n`);
  rmSync(SYSROOT, { recursive: true, force: true });
  renameSync(fresh, SYSROOT);
  rmSync(PRIVATE, { recursive: true, force: true });
}

/** @returns {string[]} the files of the packages and of what they depend on */
function download(packages) {
  const apt = privateApt(PRIVATE, ['riscv64']);
  apt('install', '--download-only', '--yes', '--no-install-recommends', 'base-files', ...packages);
  apt('download', ...LONE_PACKAGES);
  return apt.archives();
}

/**
 * An apt-get with the package lists of Debian trixie and folders of its own; packages are downloaded to its cache.
 * @param {string} home is emptied
 * @param {string[]} architectures the first is apt's own
 */
export function privateApt(home, architectures) {
  rmSync(home, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'state'])
    mkdirSync(path.join(home, folder), { recursive: true });
  writeFileSync(path.join(home, 'state/status'), '');
  const options = `arch=${architectures.join(',')}${existsSync(KEYRING) ? ` signed-by=${KEYRING}` : ''}`;
  const folder = path.join(home, 'cache/archives');
  const settings = [
    `Dir::Etc::SourceList=${home}/sources.list`,
    'Dir::Etc::SourceParts=-',
    `Dir::State=${home}/state`,
    `Dir::State::Lists=${home}/lists`,
    `Dir::State::Status=${home}/state/status`,
    `Dir::Cache=${home}/cache`,
    `APT::Architecture=${architectures[0]}`,
    `APT::Architectures=${architectures.join(',')}`,
    'APT::Sandbox::User=root',
    // Images for containers clean the cache after each run.
    'DPkg::Post-Invoke=',
    'APT::Update::Post-Invoke=',
    'Debug::NoLocking=1',
  ].flatMap((setting) => ['-o', setting]);
  const apt = (...args) => command('apt-get', [...settings, '-qq', ...args], { cwd: folder });
  apt.archives = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.deb'))
      .map((name) => path.join(folder, name));
  const update = (suite) => {
    writeFileSync(path.join(home, 'sources.list'), `deb [${options}] ${debian()} ${suite} main\n`);
    apt('update');
  };
  try {
    update(SUITE);
  } catch (error) {
    // A mirror in the middle of an update may have one name of the release whole and another one not.
    if (!(error instanceof StepFailed)) throw error;
    try {
      update(ALIAS);
    } catch {
      throw error;
    }
  }
  return apt;
}

/** @returns {string} where this machine gets Debian from */
function debian() {
  const source = debianSource();
  if (source) return source;
  throw new StepFailed('the tests of real programs need an apt source of Debian: none is configured on this machine');
}

export function command(name, args, options) {
  const env = { ...process.env, LC_ALL: 'C' };
  const { status, stderr, error } = spawnSync(name, args, { ...options, encoding: 'utf8', env });
  if (error) throw new StepFailed(`cannot run ${name}: ${error.message}`);
  if (status !== 0) throw new StepFailed(`${name} could not get the riscv64 programs:\n${stderr.trim()}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(() => installSysroot({ all: process.argv.includes('--all') }));
