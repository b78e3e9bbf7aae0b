import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { compileNatively } from '../differential/native.ts';
import { pagewalk, scratch } from './command.ts';

const FLAGS = ['-O1', '-static', '-w'];

/** A folder three levels down, so that a way out of the root can be seen: `above` holds everything. */
function makeTree(): { readonly above: string; readonly root: string; readonly work: string } {
  const above = scratch();
  const root = path.join(above, 'a/root');
  const work = path.join(root, 'work');
  fs.mkdirSync(path.join(work, 'tree/branch'), { recursive: true });
  for (const [name, text] of [
    ['text', 'text\n'],
    ['long', 'a long text\n'],
    ['gone', 'gone\n'],
    ['tree/leaf', 'leaf\n'],
    ['tree/branch/leaf', 'another\n'],
    ['mapped', 'mapped by both\n'],
  ])
    fs.writeFileSync(path.join(work, name), text);
  fs.symlinkSync('../../../beyond', path.join(work, 'dangling'));
  fs.symlinkSync('text', path.join(work, 'way-out'));
  return { above, root, work };
}

/** Every name below a folder, with its permissions and what it holds. */
function listing(folder: string, below = ''): string[] {
  return fs
    .readdirSync(path.join(folder, below))
    .sort()
    .flatMap((name) => {
      const at = path.join(below, name);
      const place = path.join(folder, at);
      const stat = fs.lstatSync(place);
      if (stat.isSymbolicLink()) return [`${at} -> ${fs.readlinkSync(place)}`];
      const mode = (stat.mode & 0o777).toString(8);
      if (stat.isDirectory()) return [`${at}/ ${mode}`, ...listing(folder, at)];
      return [`${at} ${mode} ${JSON.stringify(fs.readFileSync(place, 'latin1'))}`];
    });
}

function run(mode: string | undefined, root: string) {
  const program = compileGuest('tree-changes.c', FLAGS).path;
  return pagewalk([
    'run',
    ...['--root', root, '--cwd', '/work'],
    ...(mode === undefined ? [] : ['--root-mode', mode]),
    program,
  ]);
}

describe('pagewalk run --root-mode', () => {
  it('save: the folder holds afterwards what the same program leaves there on Linux', () => {
    const [ours, theirs] = [makeTree(), makeTree()];
    const { status, stdout, stderr } = run('save', ours.root);
    const native = spawnSync(compileNatively('tree-changes.c', FLAGS), { cwd: theirs.work, encoding: 'utf8' });
    assert.deepEqual({ status, stdout, stderr }, { status: native.status, stdout: native.stdout, stderr: '' });
    assert.deepEqual(listing(ours.work), listing(theirs.work));
    // Where the program left the folder on Linux it stays below the root here.
    assert.deepEqual(fs.readdirSync(theirs.above).sort(), ['a', 'beyond', 'outside']);
    assert.deepEqual(fs.readdirSync(ours.above), ['a']);
    assert.deepEqual(fs.readdirSync(ours.root).sort(), ['beyond', 'outside', 'work']);
  });

  it('copy-on-write, the default: the program sees its changes, and nothing on the host has changed', () => {
    const { above, root } = makeTree();
    const before = listing(above);
    const { stdout } = run(undefined, root);
    assert.ok(!stdout.includes('Read-only'));
    assert.deepEqual(listing(above), before);
    assert.equal(run('copy-on-write', root).stdout, stdout);
  });

  it('read-only: every change is refused with EROFS', () => {
    const { above, root } = makeTree();
    const before = listing(above);
    const { status, stdout } = run('read-only', root);
    assert.equal(status, 0);
    // What needs an earlier change fails as it would without that.
    const other = ['make a file there: No such file or directory', 'put a file in its place: Is a directory'];
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(
      lines.filter((line) => !line.endsWith(': Read-only file system')),
      other,
    );
    assert.deepEqual(listing(above), before);
  });

  it('takes one of three modes', () => {
    const { status, stderr } = run('writable', makeTree().root);
    assert.equal(status, 68);
    assert.match(stderr, /copy-on-write, read-only, save/);
  });

  it('save: needs a root', () => {
    const { status, stderr } = pagewalk(['run', '--root-mode', 'save', compileGuest('tree-changes.c', FLAGS).path]);
    assert.equal(status, 68);
    assert.equal(stderr, 'pagewalk: --root-mode save needs --root, the directory to save in\n');
  });
});
