import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { debianSource } from '../scripts/debian-source.mjs';
import { compile } from './build.ts';

const VERSION = 'lua-5.4.4';
const FOLDER = 'out/bench/lua';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Lua hashes strings with a seed from the clock and its own address: with a fixed one every run does the same work. */
const OPTIONS = ['-Dluai_makeseed(L)=42', '-DLUA_USE_POSIX'];

/**
 * Compiles Lua from its Debian source package, which `apt-get source` fetches and verifies once.
 * @param folder Lua's source, instead of Debian's
 * @returns why there is no Lua, or `undefined`
 */
export function compileLua(folder: string | undefined): string | undefined {
  const root = folder ?? path.join(FOLDER, VERSION);
  if (!fs.existsSync(path.join(root, 'src/lua.c'))) {
    if (folder !== undefined) return `${folder} has no src/lua.c`;
    const problem = fetchSource();
    if (problem !== undefined) return `${problem} (--lua DIR names a folder with the source of Lua 5.4)`;
  }
  const sources = fs
    .readdirSync(path.join(root, 'src'))
    .filter((file) => file.endsWith('.c') && file !== 'luac.c')
    .map((file) => path.join(root, 'src', file));
  compile('lua', 'native', sources, OPTIONS);
  compile('lua', 'riscv64', sources, OPTIONS);
  return undefined;
}

/** What `lua` is given: the guest needs no files for it. */
export function luaArguments(size: number): string[] {
  return [`-eSIZE=${size}`, `-e${fs.readFileSync('bench/guests/script.lua', 'utf8')}`];
}

/** Keeps apt's lists in our own folder: the system's configuration has no source packages, as a rule. */
function fetchSource(): string | undefined {
  if (!fs.existsSync(KEYRING)) return `Debian's source packages cannot be verified here: no ${KEYRING}`;
  const debian = debianSource();
  if (debian === undefined) return 'Lua is fetched from Debian, and apt has no source for it here';
  const here = path.resolve(FOLDER);
  fs.mkdirSync(path.join(here, 'lists/partial'), { recursive: true });
  const list = path.join(here, 'sources.list');
  fs.writeFileSync(list, `deb-src [signed-by=${KEYRING}] ${debian} bookworm main\n`);
  const options = { 'Dir::Etc::sourcelist': list, 'Dir::Etc::sourceparts': '-', 'Dir::State::lists': `${here}/lists` };
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  console.log('fetching the source of Lua 5.4 with apt-get');
  for (const args of [['update'], ['source', '--download-only', 'lua5.4']]) {
    const { status, stderr, error } = spawnSync('apt-get', ['-qq', ...settings, ...args], {
      cwd: here,
      encoding: 'utf8',
    });
    if (error) return 'Lua is fetched with apt-get, which is not here';
    if (status !== 0) return `apt-get ${args.join(' ')}: ${stderr.trim().split('\n')[0]}`;
  }
  const archive = fs.readdirSync(here).find((file) => file.endsWith('.orig.tar.gz'));
  if (archive === undefined || spawnSync('tar', ['xzf', archive], { cwd: here }).status !== 0)
    return 'Lua cannot be unpacked';
  return fs.existsSync(path.join(here, VERSION)) ? undefined : `Debian has another Lua than ${VERSION}`;
}
