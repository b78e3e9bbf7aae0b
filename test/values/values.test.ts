import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { compareWithGdb } from '../differential/values-oracle.ts';

/** As scripts/riscv64-rust.mjs makes it. */
const RUSTC = path.resolve('out/rust/rustc');
const SOURCES = [
  'values-c.c',
  'values-objects.cpp',
  'values-library.cpp',
  'values-library-more.cpp',
  'dynamic-classes.cpp',
];
const FORMS = [
  ['-gdwarf-5'],
  ['-gdwarf-4'],
  ['-gdwarf-5', '-fdebug-types-section'],
  ['-gdwarf-4', '-fdebug-types-section'],
  ['-gdwarf-5', '-gz=zlib'],
];

/** The whole corpus: every compiler, level and form of debug information. */
function* corpus(): Generator<{
  readonly source: string;
  readonly compiler: 'gcc' | 'clang' | 'rustc';
  readonly flags: string[];
}> {
  for (const source of SOURCES) {
    const language = source.endsWith('.cpp') ? ['-std=c++20'] : [];
    for (const compiler of ['gcc', 'clang'] as const)
      for (const level of ['-O0', '-O1', '-Og', '-O2', '-O3'])
        for (const form of level === '-O0' || level === '-O2' ? FORMS : FORMS.slice(0, 1))
          yield { source, compiler, flags: [...language, level, ...form] };
  }
  for (const level of [0, 1, 2, 3])
    yield { source: 'values-rust.rs', compiler: 'rustc', flags: [`-Copt-level=${level}`] };
}

for (const { source, compiler, flags } of corpus()) {
  const isMissing = compiler === 'rustc' && !existsSync(RUSTC);
  test(
    `values of ${source} by ${compiler} ${flags.join(' ')} are those of gdb`,
    { skip: isMissing ? 'there is no Rust compiler for riscv64: scripts/riscv64-rust.mjs says why' : false },
    async () => {
      const guest = compileGuest(source, compiler === 'rustc' ? flags : [...flags, '-static'], compiler);
      const { leaves, variables, unavailable, differences } = await compareWithGdb(guest);
      assert.deepEqual(differences, []);
      assert.ok(leaves > 80, `${leaves} scalars compared`);
      console.log(
        `${source} ${compiler} ${flags.join(' ')}: ${variables} variables, ${leaves} scalars, ${unavailable} without a value`,
      );
    },
  );
}
