import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLATFORM_NAMES } from '../../src/platform/registry.ts';
import { compileGuest } from './compiled-guests.ts';
import { GLIBC, runHere } from './guest-run.ts';

/* Address-space layout randomisation: off by default, and a matter of the seed alone. */

const FLAGS = ['-O1', '-w'];
const DYNAMIC = { program: compileGuest('layout.c', [...FLAGS, '-pie', '-fPIE']).path, sysroot: GLIBC };
const STATIC = { program: compileGuest('layout.c', [...FLAGS, '-static']).path };

/** What a run printed of two images, the first and the one that it executed: name and address. */
function layouts(request: Parameters<typeof runHere>[0]): readonly ReadonlyMap<string, string>[] {
  const { stdout, status, machine } = runHere(request);
  assert.equal(status, 0, stdout);
  assert.equal(machine.frames.used, 0);
  const images: Map<string, string>[] = [];
  for (const [, name, address] of stdout.matchAll(/^(stack|heap|break|mapping|program|library) (0x\w+)$/gm)) {
    if (name === 'stack') images.push(new Map());
    images.at(-1)!.set(name, address);
  }
  assert.equal(images.length, 2);
  return images;
}

test('without a seed every image is where it always is', () => {
  for (const request of [STATIC, DYNAMIC]) {
    const [first, second] = layouts(request);
    for (const name of ['heap', 'break', 'mapping', 'program', 'library'])
      assert.equal(first.get(name), second.get(name), name);
    assert.deepEqual(layouts(request), [first, second]);
  }
});

for (const platform of PLATFORM_NAMES.filter((name) => name !== 'single'))
  test(`${platform}: a seed moves everything, the same way each time`, () => {
    const seeded = { ...DYNAMIC, platform, aslr: 5, check: true };
    const [first, second] = layouts(seeded);
    const [plain] = layouts({ ...DYNAMIC, platform });
    const [other] = layouts({ ...seeded, aslr: 6 });
    assert.deepEqual(layouts(seeded), [first, second]);
    for (const name of first.keys())
      for (const elsewhere of [second, plain, other]) assert.notEqual(first.get(name), elsewhere.get(name), name);
  });

test('a program that is not position independent stays, and its heap moves', () => {
  const [plain] = layouts(STATIC);
  const [moved] = layouts({ ...STATIC, aslr: 5 });
  for (const name of ['program', 'library']) assert.equal(moved.get(name), plain.get(name));
  for (const name of ['stack', 'heap', 'break', 'mapping']) assert.notEqual(moved.get(name), plain.get(name));
});
