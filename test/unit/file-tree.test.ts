import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno, SyscallError } from '../../src/linux/abi/errno.ts';
import { Open } from '../../src/linux/abi/flags.ts';
import { Directory } from '../../src/linux/files/directory.ts';
import type { FileTree } from '../../src/linux/files/file-tree.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function tree(): FileTree {
  const files = new Map([
    ['/a/b/file', { bytes: bytes('content') }],
    ['/top', { bytes: bytes('top') }],
  ]);
  const links = new Map([
    ['/a/up', '../../../../top'],
    ['/a/absolute', '/a/b'],
    ['/a/self', 'self'],
    ['/a/dangling', 'nowhere'],
    ['/a/chain1', 'chain2'],
    ['/a/chain2', 'b/file'],
  ]);
  return new KernelUnderTest({ files, links }).kernel.files;
}

function errnoOf(action: () => unknown): Errno {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof SyscallError);
    return error.errno;
  }
  return assert.fail('no error');
}

function read(files: FileTree, path: string): string {
  const file = files.open(path, files.root, 0, 0);
  const into = new Uint8Array(100);
  return new TextDecoder().decode(into.subarray(0, file.read(into)));
}

test('nothing leads out of the root', () => {
  const files = tree();
  assert.equal(read(files, '/../../a/../../top'), 'top');
  assert.equal(read(files, '/a/up'), 'top');
  assert.equal(files.resolve('/a/up', files.root, true).path, '/top');
  assert.equal(files.resolve('..', files.root, true).inode, files.root);
});

test('links are followed in the middle, and at the end when asked', () => {
  const files = tree();
  assert.equal(read(files, '/a/absolute/file'), 'content');
  assert.equal(read(files, '/a/chain1'), 'content');
  assert.equal(files.resolve('/a/chain1', files.root, true).path, '/a/b/file');
  assert.equal(files.resolve('/a/chain1', files.root, false).path, '/a/chain1');
  assert.equal(
    errnoOf(() => files.find('/a/self', files.root)),
    Errno.ELOOP,
  );
  assert.equal(
    errnoOf(() => files.find('/a/dangling', files.root)),
    Errno.ENOENT,
  );
  assert.equal(
    errnoOf(() => files.open('/a/chain1', files.root, Open.NoFollow, 0)),
    Errno.ELOOP,
  );
});

test('a component that is no directory, or is missing, ends the walk', () => {
  const files = tree();
  assert.equal(
    errnoOf(() => files.find('/top/x', files.root)),
    Errno.ENOTDIR,
  );
  assert.equal(
    errnoOf(() => files.find('/a/none/x', files.root)),
    Errno.ENOENT,
  );
  assert.equal(
    errnoOf(() => files.find('/top/', files.root)),
    Errno.ENOTDIR,
  );
  assert.equal(
    errnoOf(() => files.find('', files.root)),
    Errno.ENOENT,
  );
  assert.equal(
    errnoOf(() => files.find(`/${'n'.repeat(256)}`, files.root)),
    Errno.ENAMETOOLONG,
  );
});

test('creating through a dangling link makes its target', () => {
  const files = tree();
  files.open('/a/dangling', files.root, Open.Create | Open.WriteOnly, 0o644).write(bytes('new'));
  assert.equal(read(files, '/a/nowhere'), 'new');
  assert.ok(files.find('/a/nowhere', files.root).modified > 0n);
});

test('a write copies a file of the host into memory and leaves the host alone', () => {
  const host = bytes('content');
  const files = new KernelUnderTest({ files: new Map([['/file', { bytes: host }]]) }).kernel.files;
  files.open('/file', files.root, Open.WriteOnly, 0).write(bytes('CON'));
  assert.equal(read(files, '/file'), 'CONtent');
  assert.deepEqual(host, bytes('content'));
  files.open('/file', files.root, Open.WriteOnly | Open.Truncate, 0).write(bytes('x'));
  assert.equal(read(files, '/file'), 'x');
});

test('what is removed stays removed, and its place can be taken', () => {
  const files = tree();
  const a = files.find('/a', files.root);
  assert.ok(a instanceof Directory);
  a.remove('b');
  assert.equal(
    errnoOf(() => files.find('/a/b/file', files.root)),
    Errno.ENOENT,
  );
  assert.ok(!a.names().includes('b'));
  files.open('/a/b', files.root, Open.Create | Open.WriteOnly, 0o600).write(bytes('file now'));
  assert.equal(read(files, '/a/b'), 'file now');
});

test('/proc and /dev cannot be added to where they are made up', () => {
  const files = tree();
  assert.equal(
    errnoOf(() => files.open('/proc/self/new', files.root, Open.Create | Open.WriteOnly, 0)),
    Errno.EACCES,
  );
  assert.ok(read(files, '/proc/self/maps').includes('r-xp'));
});
