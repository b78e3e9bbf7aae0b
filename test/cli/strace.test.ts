import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { pagewalk, scratch, writeScratch } from './command.ts';

const SOURCE = `
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
  open("/no/such \\"file\\"", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  write(1, "one\\ntwo\\n", 8);
  mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fork() == 0) _exit(3);
  kill(getpid(), SIGTERM);
}`;

test('--strace writes system calls, signals and ends to standard error', () => {
  const program = path.join(scratch(), 'calls');
  execFileSync('riscv64-linux-gnu-gcc', ['-static', '-w', writeScratch('calls.c', SOURCE), '-o', program]);
  const { stdout, stderr, status } = pagewalk(['run', '--strace', program]);
  assert.equal(stdout, 'one\ntwo\n');
  assert.equal(status, 128 + 15);
  const lines = stderr.split('\n');
  const wanted = [
    'openat(AT_FDCWD, "/no/such \\"file\\"", O_RDWR|O_CREAT|O_CLOEXEC, 0640) = -1 ENOENT',
    'write(1, "one\\ntwo\\n", 8) = 8',
    /^mmap\(NULL, 4096, PROT_READ, MAP_PRIVATE\|MAP_ANONYMOUS, -1, NULL\) = 0x[0-9a-f]+$/,
    '[pid 2] +++ exited with 3 +++',
    '[pid 1] --- SIGTERM ---',
    '[pid 1] +++ killed by SIGTERM +++',
  ];
  for (const line of wanted)
    assert.ok(
      lines.some((given) => (typeof line === 'string' ? given === line : line.test(given))),
      `no line ${String(line)} in:\n${stderr}`,
    );
});
