import { createHash } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** A text that is in no file below the root, and so must never be in a guest's memory. */
const SECRET = 'the canary sings only outside the root 5f3759df';
/** Long before any modification, so that even Linux's lazy access times tell of a read. */
const LONG_AGO = new Date(0);

/** A directory of the host that guests have as their root, and what lies beside it, which they must leave alone. */
export class HostCanary {
  readonly root: string;
  readonly #folder: string;
  readonly #before: string;

  /** @param folder made afresh. */
  constructor(folder: string) {
    this.#folder = folder;
    this.root = path.join(folder, 'root');
    rmSync(folder, { recursive: true, force: true });
    for (const name of ['root/folder', 'root/tmp/d', 'outside'])
      mkdirSync(path.join(folder, name), { recursive: true });
    const secret = path.join(folder, 'outside/secret');
    writeFileSync(secret, `${SECRET}\n`.repeat(100));
    writeFileSync(path.join(folder, 'secret'), SECRET);
    writeFileSync(path.join(this.root, 'file'), 'a file of the host\n'.repeat(400));
    writeFileSync(path.join(this.root, 'folder/inner'), '');
    linkSync(path.join(this.root, 'file'), path.join(this.root, 'hard'));
    const links = { out: '../outside/secret', absolute: secret, up: '..', loop: 'loop', 'folder/out': '../../outside' };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(this.root, name));
    utimesSync(secret, LONG_AGO, new Date());
    utimesSync(path.join(folder, 'secret'), LONG_AGO, new Date());
    this.#before = this.#look();
  }

  /** Whether a guest's memory holds what is outside its root. */
  isIn(memory: Uint8Array): boolean {
    return Buffer.from(memory.buffer, memory.byteOffset, memory.length).includes(SECRET);
  }

  /** @returns what changed on the host: nothing may, inside the root or beside it. */
  changes(): string | undefined {
    const now = this.#look();
    return now === this.#before ? undefined : `before:\n${this.#before}\nnow:\n${now}`;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A line for each file: everything about it, but when those were read that guests may read. */
  #look(): string {
    const names = ['.', ...(readdirSync(this.#folder, { recursive: true }) as string[]).sort()];
    return names
      .map((name) => {
        const at = path.join(this.#folder, name);
        const { mode, ino, nlink, size, mtimeMs, ctimeMs, atimeMs } = lstatSync(at);
        const kind = mode & 0o170000;
        const content = kind === 0o120000 ? readlinkSync(at) : kind === 0o100000 ? this.#hash(name, at) : '';
        const seen = name.endsWith('secret') && kind === 0o100000 ? atimeMs : '';
        return [name, mode.toString(8), ino, nlink, size, mtimeMs, ctimeMs, seen, content].join(' ');
      })
      .join('\n');
  }

  /** Of a file's bytes; those of a secret would be read by looking, and its ctime tells of a change. */
  #hash(name: string, at: string): string {
    return name.endsWith('secret') ? '' : createHash('sha256').update(readFileSync(at)).digest('hex');
  }
}
