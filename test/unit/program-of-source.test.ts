import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildCommand } from '../../src/extension/build-command.ts';
import { isRiscvProgram } from '../../src/extension/elf-identity.ts';
import { isOfUnknownSource, programsOf } from '../../src/extension/program-of-source.ts';

describe('the program of a source', () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const built = new Map<string, number>();

  /** Builds a program, each a minute later than the one before. */
  const build = (program: string, ...args: string[]): void => {
    execFileSync('riscv64-linux-gnu-gcc', ['-static', '-o', program, ...args], { cwd: folder });
    const minute = 1_700_000_000 + 60 * built.size;
    built.set(program, minute);
    utimesSync(at(program), minute, minute);
  };
  const of = async (source: string, ...programs: string[]): Promise<string[]> =>
    (await programsOf(at(source), programs.map(at))).map((program) => path.relative(folder, program));

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-sources-'));
    for (const name of ['one', 'two']) mkdirSync(at(name));
    const main = 'int helper(void);\nint main(void) { return helper(); }\n';
    writeFileSync(at('one/main.c'), main);
    writeFileSync(at('two/main.c'), main);
    writeFileSync(at('helper.c'), 'int helper(void) { return 0; }\n');
    build('one/main', '-g', 'one/main.c', 'helper.c');
    build('first', '-g', 'two/main.c', 'helper.c');
    build('second', '-g', '-O2', 'two/main.c', 'helper.c');
    build('two/a.out', 'two/main.c', 'helper.c');
    build('helper', 'one/main.c', 'helper.c');
  });

  after(() => rmSync(folder, { recursive: true }));

  it('is found by its debug information, whatever it is called, the last one built first', async () => {
    const all = ['one/main', 'first', 'second'];
    assert.deepEqual(await of('one/main.c', ...all), ['one/main']);
    assert.deepEqual(await of('two/main.c', ...all), ['second', 'first']);
    assert.deepEqual(await of('helper.c', ...all), ['second', 'first', 'one/main']);
    assert.deepEqual(await of('other.c', ...all), []);
  });

  it('is found by its name where it has no debug information', async () => {
    const all = ['one/main', 'two/a.out', 'helper'];
    assert.deepEqual(await of('two/main.c', ...all), ['two/a.out']);
    assert.deepEqual(await of('helper.c', ...all), ['helper', 'one/main']);
    assert.equal(await isOfUnknownSource(at('helper')), true);
    assert.equal(await isOfUnknownSource(at('first')), false);
  });

  it('is looked at again when it has been built again', async () => {
    assert.deepEqual(await of('helper.c', 'first'), ['first']);
    build('first', '-g', '-x', 'c', '/dev/null', '-Wl,--unresolved-symbols=ignore-all');
    assert.deepEqual(await of('helper.c', 'first'), []);
  });

  it('that is no program, or is gone, is none', async () => {
    writeFileSync(at('text'), 'text');
    assert.deepEqual(await of('helper.c', 'text', 'nowhere'), []);
  });

  it('is built by the command that is told, also where names have spaces and quotes', () => {
    writeFileSync(at("it's one.c"), 'int main(void) { return 0; }\n');
    writeFileSync(at('object.cpp'), 'int main() { return 0; }\n');
    writeFileSync(at('three.S'), '.globl main\nmain: li a0, 0\n ret\n');
    for (const [source, program] of [
      ["it's one.c", "it's one"],
      ['object.cpp', 'object'],
      ['three.S', 'three'],
    ]) {
      execFileSync('sh', ['-c', buildCommand(source)!.command], { cwd: folder });
      assert.ok(isRiscvProgram(readFileSync(at(program))), source);
    }
    assert.equal(buildCommand('src/fork.c')?.command, 'riscv64-linux-gnu-gcc -g -static -o src/fork src/fork.c');
    for (const source of ['a.rs', 'a.go', 'a.zig']) assert.ok(buildCommand(source)?.command.endsWith(` ${source}`));
    for (const other of ['README.md', 'guest.h', 'noending']) assert.equal(buildCommand(other), undefined);
  });
});
