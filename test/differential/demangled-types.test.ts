import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { demangledType } from '../../src/symbols/demangled-type.ts';
import { compileGuest, runTool } from './compiled-guests.ts';

test('names of classes are read as c++filt reads them', () => {
  const guests = ['values-library-more.cpp', 'class-names.cpp'].map((source) =>
    compileGuest(source, ['-std=c++20', '-g', '-O0', '-static']),
  );
  const mangled = guests
    .flatMap(({ path }) => [...runTool('riscv64-linux-gnu-nm', path).matchAll(/ _ZTS(\S+)$/gm)].map(([, name]) => name))
    .filter((name, index, all) => all.indexOf(name) === index);
  const names = execFileSync('riscv64-linux-gnu-c++filt', ['-t'], {
    input: `${mangled.join('\n')}\n`,
    encoding: 'utf8',
  });
  const expected = names.trimEnd().split('\n');
  const different: string[] = [];
  const unread: string[] = [];
  for (const [index, name] of mangled.entries()) {
    const ours = demangledType(name);
    if (ours === undefined) unread.push(name);
    else if (ours !== expected[index]) different.push(`${name}: c++filt ${expected[index]}, ours ${ours}`);
  }
  assert.deepEqual(different, []);
  assert.ok(mangled.length > 200, `${mangled.length} names`);
  assert.deepEqual(unread, []);
});
