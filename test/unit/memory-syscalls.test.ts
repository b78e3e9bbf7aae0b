import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { SPACE_ADDRESS } from '../small-elf.ts';

/* What the fuzzer found in mmap's relatives; how they should behave is in test/differential. */

test('madvise(2) of no bytes inside a mapping does nothing, whatever the advice', () => {
  const kernel = new KernelUnderTest();
  const [MADV_DONTNEED, MADV_FREE, MADV_WIPEONFORK, MADV_POPULATE_WRITE] = [4, 8, 18, 23];
  kernel.put('kept', SPACE_ADDRESS + PAGE_SIZE);
  for (const advice of [MADV_DONTNEED, MADV_FREE, MADV_WIPEONFORK, MADV_POPULATE_WRITE])
    assert.equal(kernel.call('madvise', SPACE_ADDRESS + PAGE_SIZE, 0, advice), 0);
  assert.equal(kernel.text(SPACE_ADDRESS + PAGE_SIZE, 4), 'kept');
});
