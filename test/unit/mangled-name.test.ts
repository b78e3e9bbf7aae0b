import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainName } from '../../src/symbols/mangled-name.ts';

test('symbols that are paths of names are read as c++filt reads them', () => {
  assert.equal(plainName('_ZL6global'), 'global');
  assert.equal(plainName('_ZN2ns7Derived5countE'), 'ns::Derived::count');
  assert.equal(plainName('_ZN12_GLOBAL__N_16hiddenE'), '(anonymous namespace)::hidden');
  assert.equal(plainName('_ZSt4cout'), 'std::cout');
  assert.equal(plainName('_ZTVN2ns7DerivedE'), 'vtable for ns::Derived');
  assert.equal(plainName('_ZTISt9exception'), 'typeinfo for std::exception');
  assert.equal(plainName('_ZTS5Shape'), 'typeinfo name for Shape');
  assert.equal(plainName('_ZN7program5TABLE17h0123456789abcdefE'), 'program::TABLE');
});

test('others are left as they are', () => {
  for (const symbol of [
    'main',
    '_Z',
    '_ZN',
    '_ZNSt6vectorIiSaIiEE9push_backEOi',
    '_Z3addii',
    '_ZN2ns7Der',
    '_ZTV',
    '_Z99x',
    '_ZE',
  ])
    assert.equal(plainName(symbol), undefined, symbol);
});
