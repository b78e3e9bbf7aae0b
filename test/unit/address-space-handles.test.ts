import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtAddr } from '../../src/memory/address.ts';
import { Access } from '../../src/memory/mmu.ts';
import { AddressSpace, HandleConsumed, TRACED } from '../../src/platform/address-space.ts';
import { Spaces } from '../spaces.ts';

const A = 0x10_0000;

function isConsumed(error: unknown): boolean {
  return error instanceof HandleConsumed && error.cause instanceof Error && /destroyed/.test(error.message);
}

test('a destroyed handle is refused by every operation, and names where it was consumed', () => {
  const spaces = new Spaces();
  const { provider } = spaces;
  const space = spaces.create();
  function consumesTheHandle(): void {
    assert(provider.destroy(space).ok);
  }
  consumesTheHandle();
  assert.equal(space.isLive, false);
  const uses: (() => unknown)[] = [
    () => provider.destroy(space),
    () => provider.fork(space, 'copy-memory'),
    () => provider.fork(space, 'share-memory'),
    () => provider.replaceImage(space, () => ({ ok: true, value: undefined })),
    () => provider.with(space, () => 0),
    () => provider.activate(spaces.mmu, space),
    () => provider.range(space),
    () => provider.memoryIdentity(space, virtAddr(A)),
    () => provider.classifyFault(space, virtAddr(A), Access.Read),
    () => provider.resolveFault(space, virtAddr(A), Access.Read),
    () => provider.label(space),
    () => provider.inspector.view(space),
  ];
  for (const use of uses)
    assert.throws(
      use,
      (error) => isConsumed(error) && /consumesTheHandle/.test(String((error as Error & { cause: Error }).cause.stack)),
    );
  spaces.finish([]);
});

test('a borrowed access is of no use once its space is gone', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const kept = spaces.access(space, (access) => access);
  assert(spaces.provider.destroy(space).ok);
  assert.throws(() => kept.read(virtAddr(A), new Uint8Array(1)), isConsumed);
  assert.throws(() => kept.mappings(), isConsumed);
});

test('a handle of another provider is refused', () => {
  const [ours, theirs] = [new Spaces(), new Spaces()];
  const [mine, foreign] = [ours.create(), theirs.create()];
  assert.throws(
    () => ours.provider.destroy(foreign),
    (error) => error instanceof HandleConsumed && /another provider/.test(error.message),
  );
  class Forged extends AddressSpace {
    constructor() {
      super(() => {}, TRACED);
    }
  }
  assert.throws(() => ours.provider.inspector.view(new Forged()), HandleConsumed);
  ours.finish([mine]);
  theirs.finish([foreign]);
});

test('`using` destroys a space that is still live, and only then', () => {
  const spaces = new Spaces();
  {
    using space = spaces.create();
    spaces.map(space, A, 1);
    spaces.write(space, A, 1);
  }
  assert.equal(spaces.frames.used, 0);
  {
    using space = spaces.create();
    assert(spaces.provider.destroy(space).ok);
  }
  assert.equal(spaces.frames.used, 0);
});

test('`using` a space that is in use at the end is a bug, and says so', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.provider.activate(spaces.mmu, space);
  assert.throws(() => space[Symbol.dispose](), /in use/);
  spaces.finish([space]);
});

test('an active space is busy: the handle comes back and is still good', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  spaces.provider.activate(spaces.mmu, space);
  assert.deepEqual(spaces.provider.destroy(space), { ok: false, error: { kind: 'busy', space } });
  assert.equal(space.isLive, true);
  spaces.provider.deactivate(spaces.mmu);
  assert(spaces.provider.destroy(space).ok);
});

test('a space is busy while `with` or an exec borrows it, also in the inner one of two', () => {
  const spaces = new Spaces();
  const space = spaces.create();
  const { provider } = spaces;
  provider.with(space, () => {
    provider.with(space, () => assert.equal(provider.destroy(space).ok, false));
    assert.equal(provider.destroy(space).ok, false);
  });
  assert(
    provider.replaceImage(space, () => {
      assert.equal(provider.destroy(space).ok, false);
      return { ok: true, value: undefined };
    }).ok,
  );
  assert(provider.destroy(space).ok);
});

test('`with` gives back the borrow when its body throws, and leaves the active space alone', () => {
  const spaces = new Spaces();
  const [active, other] = [spaces.create(), spaces.create()];
  spaces.provider.activate(spaces.mmu, active);
  const { root } = spaces.mmu;
  assert.throws(
    () =>
      spaces.provider.with(other, () => {
        throw new RangeError('in the body');
      }),
    RangeError,
  );
  assert.equal(spaces.mmu.root, root);
  assert(spaces.provider.destroy(other).ok);
  spaces.finish([active]);
});
