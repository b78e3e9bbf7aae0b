import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

/* Macros (-g3) in expressions have the values that the program computes with them, at the line of the selected frame. */

const questions = (source: string): string[] =>
  [...readFileSync(source, 'utf8').matchAll(/^ +X\(.*, "(.*)"\) *\\?$/gm)].map((match) =>
    match[1].replaceAll('\\"', '"'),
  );

for (const [name, compiler, flags] of [
  ['gcc -O0', 'gcc', ['-g3', '-O0']],
  ['gcc, DWARF 4', 'gcc', ['-g3', '-gdwarf-4']],
  ['clang', 'clang', ['-g', '-fdebug-macro']],
] as const)
  test(`macros have the values that the program computes with them: ${name}`, async () => {
    const guest = compileGuest('macros.c', [...flags, '-static', '-w'], compiler);
    const asked = questions(guest.source);
    assert.ok(asked.length > 40);
    using session = new Scenario();
    await session.start(
      { program: guest.path },
      { lines: { [guest.source]: ['/* stage 1 */', '/* stage 2 */'].map((text) => lineOf(guest.source, text)) } },
    );
    for (let stage = 1; stage <= 2; stage++) {
      await session.stopped();
      const [{ id: frameId }] = await session.stack(1, 1);
      assert.equal(await session.evaluate('STAGE', { frameId }), String(stage));
      for (const [index, text] of asked.entries()) {
        const answer = await session.evaluate(`answers[${index}]`, { frameId });
        assert.equal(await session.evaluate(`(long)(${text})`, { frameId }), answer, `${text}, stage ${stage}`);
      }
      await session.client.request('continue', { threadId: 1 });
    }
    await session.disconnect();
  });

const guest = compileGuest('macros.c', ['-g3', '-O0', '-static', '-w']);

test('macros are in conditions, log messages, hovers and completions, in the scope of their frame', async () => {
  using session = new Scenario();
  const [first, second] = ['/* stage 1 */', '/* stage 2 */'].map((text) => lineOf(guest.source, text));
  const header = guest.source.replace('.c', '.h');
  const seen = lineOf(header, 'int seen =');
  await session.start(
    { program: guest.path },
    {
      lines: {
        [guest.source]: [
          { line: first, logMessage: 'stage {STAGE}, SQ {SQ(LIMIT)}, exit {WEXITSTATUS(status)}' },
          { line: second, condition: 'STAGE == 2 && MAX(value, 0) == 13' },
        ],
        [header]: [{ line: seen, condition: 'LOCAL_TO_HEADER == 7' }],
      },
    },
  );
  await session.stopped();
  assert.match(session.client.printed, /^stage 1, SQ 289, exit 3$/m);
  assert.deepEqual((await session.where(1)).slice(0, 1), [`in_header:${seen}`]);
  const [inner, outer] = await session.stack(1, 2);
  assert.equal(await session.evaluate('LOCAL_TO_HEADER', { frameId: inner.id }), '7');
  assert.equal(await session.evaluate('LOCAL_TO_HEADER', { frameId: outer.id }), '8');
  await session.go('continue', 1);
  assert.deepEqual((await session.where(1)).slice(0, 1), [`main:${second}`]);
  const { breakpoints } = await session.breakAt(header, { line: seen, condition: 'STAGE == 1' });
  assert.equal(breakpoints[0].verified, false);
  assert.match(breakpoints[0].message!, /There is no variable, function or symbol called STAGE here/);
  await session.disconnect();
});

test('what a macro is, and what is wrong with one, is said', async () => {
  using session = new Scenario();
  await session.start({ program: guest.path }, { lines: { [guest.source]: [lineOf(guest.source, '/* stage 1 */')] } });
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId, context: 'hover' });
  assert.equal(await value('SQ'), '#define SQ(x) ((x)*(x))');
  assert.equal(await value('REST'), '#define REST(fmt, ...) (fmt, ##__VA_ARGS__)');
  assert.equal(await value('NAMED'), '#define NAMED(args...) ADD(args)');
  assert.equal(await value('NOTHING'), '#define NOTHING');
  assert.equal(await value('LIMIT,x'), '0x11');
  const console = (command: string): Promise<string> => session.evaluate(command, { frameId, context: 'repl' });
  assert.equal(await console('info macro ADD'), '#define ADD(a, b) ((a) + (b))');
  assert.equal((await console('macro expand ADD(LIMIT, 2)')).replaceAll(' ', ''), '((17)+(2))');
  const refused = (expression: string): Promise<string> => session.client.refusal('evaluate', { expression, frameId });
  assert.equal(await refused('ADD(1)'), 'The macro ADD takes 2 arguments.');
  assert.equal(
    await refused('SQ(nosuch)'),
    'There is no variable, function or symbol called nosuch here (in ((nosuch)*(nosuch))).',
  );
  assert.equal(
    await refused('LIMIR'),
    'There is no variable, function or symbol called LIMIR here; did you mean LIMIT?',
  );
  const complete = async (text: string): Promise<string[]> => {
    const { targets } = await session.client.request<{ targets: { label: string }[] }>('completions', {
      text,
      column: text.length + 1,
      frameId,
    });
    return targets.map(({ label }) => label);
  };
  assert.deepEqual(await complete('1 + WEXITST'), ['WEXITSTATUS']);
  assert.deepEqual(await complete('LIMI'), ['LIMIT_reached', 'LIMIT']);
  await session.disconnect();
});
