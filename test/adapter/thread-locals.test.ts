import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { GLIBC } from '../differential/guest-run.ts';
import { compileForMusl, MUSL } from '../differential/musl.ts';
import { Scenario } from './scenario.ts';

/*
 * Thread-local variables have, in the frames of each thread, the values that the program itself computed there: gdb has no
 * access to them without the C library's own help. The guests keep the values in `answers`, in the order of their sources.
 */

const LIBRARY = 'thread-locals-library.c';

/** What the guests ask for by these names, in order. */
function questions(...sources: readonly string[]): string[] {
  return sources.flatMap((source) => {
    const text = readFileSync(path.resolve('test/guests', source), 'utf8');
    return [...text.matchAll(/^ +X\(.*, "(.*)"\)/gm)].map((match) => match[1]);
  });
}

/** A folder that the guest sees as its root, with these files in it. */
function rootWith(files: Readonly<Record<string, string>>): string {
  mkdirSync('out/guests', { recursive: true });
  const root = mkdtempSync(path.resolve('out/guests/root-'));
  for (const [name, from] of Object.entries(files)) copyFileSync(from, path.join(root, name));
  return root;
}

/** Runs a guest to its checkpoints, in two threads, and compares what it computed with what the debugger reads. */
async function compare(attributes: object, asked: readonly string[], from = 1): Promise<void> {
  using session = new Scenario();
  await session.start(attributes, { functions: ['checkpoint'] });
  for (let stop = 0; stop < 2; stop++) {
    const { threadId } = await session.stopped();
    const frames = await session.stack(threadId!, 3);
    const frameId = frames[from].id;
    const read = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
    for (const [index, name] of asked.entries()) {
      if (name === '') continue;
      const answer = await session.evaluate(`answers[${index}]`, { frameId: frames[0].id });
      assert.equal(await read(`(long)(${name})`), answer, `${name} in ${frames[1].name}`);
    }
    await session.client.request('continue', { threadId });
  }
  await session.disconnect();
}

const MODELS = ['global-dynamic', 'local-dynamic', 'initial-exec'] as const;

for (const compiler of ['gcc', 'clang'] as const) {
  const cpp = (flags: readonly string[]) =>
    compileGuest('thread-locals.cpp', ['-g', '-std=c++20', '-pthread', ...flags], compiler);
  const c = (flags: readonly string[]) => compileGuest('thread-locals.c', ['-g', '-w', '-pthread', ...flags], compiler);
  const object = (flags: readonly string[]) => compileGuest(LIBRARY, ['-g', '-c', ...flags], compiler);
  const library = (flags: readonly string[]) =>
    compileGuest(LIBRARY, ['-g', '-shared', '-fPIC', '-Wl,-soname,library.so', ...flags], compiler);

  for (const level of ['-O0', '-O2'])
    for (const [source, compile] of [
      ['thread-locals.cpp', cpp],
      ['thread-locals.c', c],
    ] as const)
      test(`thread-local variables of a static ${source}, ${compiler} ${level}, are those of each thread`, async () => {
        const guest = compile([level, '-static', object([level]).path]);
        // clang 14 leaves out the names of functions that have no code of their own.
        const isNameless = compiler === 'clang' && level === '-O2';
        const asked = questions(source, LIBRARY).map((name) => (isNameless && name.endsWith('::calls') ? '' : name));
        await compare({ program: guest.path }, asked);
      });

  for (const kind of ['-pie', '-no-pie'] as const)
    for (const model of MODELS)
      test(`thread-local variables of a ${kind} program and its library, ${compiler}, ${model}`, async () => {
        const position = kind === '-pie' ? '-fPIE' : '-fno-pie';
        const shared = library([`-ftls-model=${model}`]);
        for (const [source, compile] of [
          ['thread-locals.cpp', cpp],
          ['thread-locals.c', c],
        ] as const) {
          const guest = compile([position, kind, shared.path, '-Wl,-rpath,$ORIGIN']);
          const root = rootWith({ program: guest.path, 'library.so': shared.path });
          await compare({ program: path.join(root, 'program'), root, sysroot: GLIBC }, questions(source, LIBRARY));
        }
      });
}

test('thread-local variables of a library that is loaded at run time are those of each thread', async () => {
  const loader = compileGuest('thread-locals-loader.c', ['-g', '-pthread']);
  const shared = compileGuest(LIBRARY, ['-g', '-shared', '-fPIC']);
  const root = rootWith({ program: loader.path, 'library.so': shared.path });
  const attributes = { program: path.join(root, 'program'), root, sysroot: GLIBC, args: ['/library.so'] };
  await compare(attributes, questions(LIBRARY));

  using session = new Scenario();
  await session.start(attributes, { functions: ['unused'] });
  const { threadId } = await session.stopped();
  const [{ id: frameId }] = await session.stack(threadId!, 1);
  assert.equal(
    await session.client.refusal('evaluate', { expression: 'library_hidden', frameId }),
    'library_hidden has no value: this thread has not used the thread-local variables of library.so yet.',
  );
  await session.disconnect();
});

for (const kind of ['static', 'dynamic'] as const)
  test(`thread-local variables and errno with musl, ${kind}, are those of each thread`, async () => {
    const inside = kind === 'static';
    const more = inside ? ['-g', path.resolve('test/guests', LIBRARY)] : ['-g'];
    const shared = compileGuest(LIBRARY, ['-g', '-shared', '-fPIC', '-nostdlib', '-Wl,-soname,library.so']);
    const program = compileForMusl('thread-locals.c', kind, [
      ...more,
      ...(inside ? [] : [shared.path, '-Wl,-rpath,$ORIGIN']),
    ]);
    const root = rootWith({ program, 'library.so': shared.path });
    await compare(
      { program: path.join(root, 'program'), root, sysroot: MUSL, env: { LD_LIBRARY_PATH: '/' } },
      questions('thread-locals.c', LIBRARY),
    );
  });

test('errno of a program that never names it is that of its C library', async () => {
  const session = async (name: string, flags: readonly string[], attributes: object): Promise<void> => {
    const guest = compileGuest('errno-unnamed.c', ['-g', '-w', ...flags]);
    using scenario = new Scenario();
    await scenario.start({ program: guest.path, ...attributes }, { functions: ['checkpoint'] });
    await scenario.stopped();
    const [{ id: frameId }] = await scenario.stack(1, 1);
    assert.equal(await scenario.evaluate('errno', { frameId }), '2', name);
    await scenario.client.request('setExpression', { expression: 'errno', value: '7', frameId });
    const [{ id }] = await scenario.stack(1, 1);
    assert.equal(await scenario.evaluate('*__errno_location() * 100 + errno', { frameId: id }), '707', name);
    await scenario.disconnect();
  };
  await session('dynamic', [], { sysroot: GLIBC });
  await session('static', ['-static', '-Wl,-u,__errno_location'], {});
});
