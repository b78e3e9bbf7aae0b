import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest, type CompiledGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

type Answer = { readonly breakpoints: readonly { id?: number; verified: boolean; message?: string }[] };

let guest: CompiledGuest;
let at: (text: string) => number;

before(() => {
  guest = compileGuest('my-code.c', ['-g', '-O0', '-static']);
  at = (text) => lineOf(guest.source, text);
});

/** Launched and configured up to the filters. */
async function launched(session: Scenario): Promise<void> {
  await session.client.request('initialize', { adapterID: 'pagewalk', clientID: 'test' });
  await session.client.request('launch', { program: guest.path });
  await session.client.event('initialized');
}

test('VS Code lists the filters that people use often, other clients get all', async () => {
  const declared = async (clientID?: string): Promise<string[]> => {
    using session = new Scenario();
    const { exceptionBreakpointFilters } = await session.client.request<DebugProtocol.Capabilities>('initialize', {
      adapterID: 'pagewalk',
      ...(clientID === undefined ? {} : { clientID }),
    });
    return exceptionBreakpointFilters!.map(({ filter }) => filter);
  };
  const often = await declared('vscode');
  const all = await declared();
  assert.deepEqual(await declared('neovim'), all);
  assert.ok(often.length <= 9, often.join(' '));
  for (const filter of often) assert.ok(all.includes(filter));
  for (const filter of ['fault:demand-zero', 'map', 'nested-cow', 'unimplemented']) assert.ok(all.includes(filter));
  assert.ok(!often.includes('map'));
});

test('conditions are checked before the program runs, against its globals and the variables of its functions', async () => {
  using session = new Scenario();
  await launched(session);
  const conditions = [
    'calls > 2',
    'child == 0 && status > 1',
    '*(int *)a == 1',
    'nosuch > 1',
    'calls > nosuch',
    'calls.x == 1',
    '$function == "child_work"',
    '$nosuch == 1',
  ];
  const { breakpoints } = await session.client.request<Answer>('setExceptionBreakpoints', {
    filters: ['fork'],
    filterOptions: conditions.map((condition) => ({ filterId: 'exit', condition })),
  });
  assert.deepEqual(
    breakpoints.map(({ verified }) => verified),
    [true, true, true, true, false, false, false, true, false],
  );
  assert.match(breakpoints[4].message!, /called nosuch/);
  assert.match(breakpoints[8].message!, /\$nosuch/);
});

test('filters of the other list stop as well, and conditions of those that are off are checked, too', async () => {
  using session = new Scenario();
  await session.client.request('initialize', { adapterID: 'pagewalk', clientID: 'vscode' });
  // The view tells them before the program is loaded.
  const breakpoints = [
    { filter: 'cow-break', condition: '$function == "child_work"' },
    { filter: 'map', isOff: true, condition: 'nosuch == 1' },
    { filter: 'unmap', isOff: true },
    { filter: 'vfork', isOff: true, condition: '(' },
  ];
  const early = await session.client.request<Answer>('pagewalk/setEventBreakpoints', { breakpoints });
  assert.deepEqual(
    early.breakpoints.map(({ verified }) => verified),
    [true, true, true, false],
  );
  await session.client.request('launch', { program: guest.path });
  const changed = await session.client.event<{ breakpoint: { id: number; verified: boolean; message: string } }>(
    'breakpoint',
  );
  assert.equal(changed.breakpoint.id, early.breakpoints[1].id);
  assert.match(changed.breakpoint.message, /called nosuch/);
  await session.client.request('setExceptionBreakpoints', { filters: [] });
  await session.client.request('configurationDone');
  const stop = await session.stopped();
  assert.equal(stop.description, 'CoW broken');
  assert.deepEqual(stop.hitBreakpointIds, [early.breakpoints[0].id]);
  assert.ok((await session.where(stop.threadId!)).includes(`child_work:${at('pages[0][0] = 1')}`));
});

test('conditions know the function, file and line of the person, also under the C library', async () => {
  for (const [condition, text] of [
    ['$function == "child_work" && $line == LINE', 'memset(pages[1]'],
    ['$file == "my-code.c" && $line == LINE', 'pages[2][0] = 1'],
  ]) {
    using session = new Scenario();
    await launched(session);
    await session.client.request('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'fault:cow', condition: condition.replace('LINE', `${at(text)}`) }],
    });
    await session.client.request('configurationDone');
    const stop = await session.stopped();
    const [frame] = (await session.stack(stop.threadId!)).filter(
      ({ presentationHint }) => presentationHint !== 'subtle',
    );
    assert.equal(frame.line, at(text));
    assert.equal(await session.evaluate('$function', { frameId: frame.id }), `"${frame.name}"`);
    assert.equal(
      await session.evaluate('$line', { frameId: (await session.stack(stop.threadId!))[0].id }),
      `${at(text)}`,
    );
    const { targets } = await session.client.request<{ targets: { label: string }[] }>('completions', {
      text: '$fun',
      column: 5,
      frameId: frame.id,
    });
    assert.deepEqual(
      targets.map(({ label }) => label),
      ['$function'],
    );
  }
});
