import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { HandleConsumed } from '../../src/platform/address-space.ts';
import { PLATFORM_NAMES, createProvider } from '../../src/platform/registry.ts';
import { SingleProvider } from '../../src/platform/single.ts';
import { Spaces } from '../spaces.ts';

test('there is one space at a time, and forking it is not supported', () => {
  const spaces = new Spaces({ platform: SingleProvider });
  const space = spaces.create();
  const notSupported = { ok: false, error: { kind: 'not-supported', platform: 'single' } };
  assert.deepEqual(spaces.provider.create(), notSupported);
  assert.deepEqual(spaces.provider.fork(space, 'copy-memory'), notSupported);
  assert.deepEqual(spaces.provider.fork(space, 'share-memory'), notSupported);
  spaces.map(space, 0x10_0000, 1);
  spaces.store(space, 0x10_0000, 1);
  assert.equal(spaces.load(space, 0x10_0000), 1);
  spaces.finish([space]);
  assert.throws(() => spaces.provider.fork(space, 'copy-memory'), HandleConsumed);
  spaces.finish([spaces.create()]);
});

test('without a frame for its root table a space cannot be made', () => {
  for (const platform of [SingleProvider, undefined]) {
    const spaces = new Spaces({ ram: 64 * PAGE_SIZE, ...(platform ? { platform } : {}) });
    spaces.leave(0);
    assert.deepEqual(spaces.provider.create(), { ok: false, error: { kind: 'no-space' } });
    spaces.finish([]);
  }
});

test('a platform is found by its name, and an unknown one is answered with the names there are', () => {
  const { frames, tables } = new Spaces();
  for (const name of PLATFORM_NAMES) {
    const provider = createProvider(name, { frames, tables });
    assert(provider.ok && provider.value.name === name);
  }
  for (const name of ['shared', '', 'toString', '__proto__']) {
    const provider = createProvider(name, { frames, tables });
    assert(!provider.ok && provider.error.message.includes('one of independent, '));
  }
});
