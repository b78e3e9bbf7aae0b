import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import fc from 'fast-check';
import { NEOVIM } from './nvim-dap.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';

const guest = compileGuest('standing.cpp', ['-std=c++20', '-g', '-O0', '-static']);

type Variable = DebugProtocol.Variable;

/** How far a client has expanded everything. */
const DEEPEST = 5;
/** Children of one row that it has expanded. */
const MOST_EXPANDED = 4;

/** Clients, by what they say of themselves: the order is that of nothing. */
const CLIENTS: Readonly<Record<string, object>> = {
  'the least that there can be': { adapterID: 'pagewalk' },
  'nvim-dap': NEOVIM,
  'VS Code': {
    clientID: 'vscode',
    adapterID: 'pagewalk',
    supportsVariableType: true,
    supportsVariablePaging: true,
    supportsMemoryReferences: true,
    supportsProgressReporting: true,
    supportsInvalidatedEvent: true,
    supportsMemoryEvent: true,
  },
};

/** A row that a client has on its screen, as it may ask for it again. */
interface Held {
  /** From the frame: `inner, Locals, copy, label`. */
  readonly path: string;
  readonly frameId: number;
  readonly reference: number;
}

interface Screen {
  readonly threads: readonly number[];
  /** Of each frame its thread and level. */
  readonly frames: ReadonlyMap<number, { readonly thread: number; readonly level: number; readonly name: string }>;
  readonly scopes: ReadonlyMap<number, string>;
  readonly rows: readonly Held[];
}

async function childrenOf({ client }: Scenario, variablesReference: number): Promise<readonly Variable[]> {
  return (await client.request<{ variables: Variable[] }>('variables', { variablesReference })).variables;
}

async function scopesOf({ client }: Scenario, frameId: number): Promise<readonly DebugProtocol.Scope[]> {
  return (await client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId })).scopes;
}

/** Opens everything there is, and keeps the numbers. */
async function lookAround(session: Scenario): Promise<Screen> {
  const { threads } = await session.client.request<DebugProtocol.ThreadsResponse['body']>('threads');
  const frames = new Map<number, { thread: number; level: number; name: string }>();
  const scopes = new Map<number, string>();
  const rows: Held[] = [];
  const expand = async (frameId: number, path: string, reference: number, depth: number): Promise<void> => {
    if (reference === 0) return;
    rows.push({ path, frameId, reference });
    if (depth === DEEPEST) return;
    const children = (await childrenOf(session, reference)).filter((one) => one.variablesReference > 0);
    for (const child of children.slice(0, MOST_EXPANDED))
      await expand(frameId, `${path}, ${child.name}`, child.variablesReference, depth + 1);
  };
  for (const { id: thread } of threads)
    for (const [level, { id, name }] of (await session.stack(thread)).entries()) {
      frames.set(id, { thread, level, name });
      const ofFrame = await scopesOf(session, id);
      scopes.set(id, JSON.stringify(ofFrame));
      // The trees of a process are the same in all its frames.
      for (const scope of ofFrame)
        if (level === 0 || scope.name === 'Locals')
          await expand(id, `${name}, ${scope.name}`, scope.variablesReference, 1);
    }
  const [top] = frames.keys();
  for (const expression of ['first', '*first.next', 'table', 'points', 'many', '&many[5]', 'shape']) {
    const { variablesReference } = await session.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
      expression,
      frameId: top,
      context: 'watch',
    });
    await expand(top, `watch ${expression}`, variablesReference, 2);
  }
  return { threads: threads.map(({ id }) => id), frames, scopes, rows };
}

/** Something that a user does while the program stands still. */
interface Deed {
  readonly name: string;
  readonly request: string;
  readonly args: (screen: Screen) => object;
}

const topOf = ({ frames }: Screen): number => frames.keys().next().value!;
const rowOf = ({ rows }: Screen, end: string): number => rows.find(({ path }) => path.endsWith(end))!.reference;

const console = (...expressions: readonly string[]): Deed[] =>
  expressions.map((expression) => ({
    name: `> ${expression}`,
    request: 'evaluate',
    args: (screen) => ({ expression, context: 'repl', frameId: topOf(screen) }),
  }));

const setting = (end: string, name: string, value: string): Deed => ({
  name: `${end}: ${name} = ${value}`,
  request: 'setVariable',
  args: (screen) => ({ variablesReference: rowOf(screen, end), name, value }),
});

const plain = (request: string, args: object): Deed => ({ name: request, request, args: () => args });

const DEEDS: readonly Deed[] = [
  ...console('sum = 7', 'first.value += 10', 'points.front().x = 9', 'many[999] = -1', 'copy.label[0] = 90'),
  ...console('table["even"][1] = 44', 'shape->sides = 5', '$a1 = 5', 'set var sum = 8', 'print second.value = 20'),
  ...console('x/4xw many', 'x/3i $pc', 'x/s copy.label', 'info locals', 'info registers', 'info proc mappings'),
  ...console('info inferiors', 'info threads', 'info breakpoints', 'bt', 'bt full', 'ptype struct Point', 'whatis sum'),
  ...console(
    'inferior 2',
    'thread 1',
    'up',
    'down',
    'frame 1',
    'list',
    'disassemble',
    'explain many',
    'help',
    'nonsense!',
  ),
  ...console(
    'break middle',
    'tbreak inner',
    'watch sum',
    'delete',
    'handle SIGUSR1 nostop',
    'info signals',
    'display sum',
  ),
  ...console('set follow-fork-mode child', 'set follow-fork-mode parent', 'info symbol inner', 'info line inner'),
  setting('inner, Locals', 'sum', '11'),
  setting('inner, Locals, copy', 'x', '12'),
  setting('watch first', 'value', '13'),
  setting('watch many, [0..99]', '[42]', '-42'),
  setting('inner, Registers', 'a2', '1'),
  {
    name: 'setExpression',
    request: 'setExpression',
    args: (screen) => ({ expression: 'third.value', value: '33', frameId: topOf(screen) }),
  },
  { name: 'hover', request: 'evaluate', args: (s) => ({ expression: 'table', context: 'hover', frameId: topOf(s) }) },
  {
    name: 'completions',
    request: 'completions',
    args: (screen) => ({ text: 'ma', column: 3, frameId: topOf(screen) }),
  },
  plain('threads', {}),
  plain('setBreakpoints', { source: { path: guest.source }, breakpoints: [{ line: lineOf(guest.source, 'usleep') }] }),
  plain('setFunctionBreakpoints', { breakpoints: [{ name: 'middle' }] }),
  plain('setExceptionBreakpoints', { filters: ['fork', 'fault:cow'] }),
  plain('setDataBreakpoints', { breakpoints: [] }),
  plain('pagewalk/setWatches', { watches: [] }),
  plain('pagewalk/ledger', {}),
  plain('pagewalk/explain', { expression: 'many' }),
  plain('pagewalk/changes', {}),
  plain('loadedSources', {}),
  plain('readMemory', { memoryReference: 'p1:0x10000', count: 16 }),
  plain('exceptionInfo', { threadId: 1 }),
  { name: 'write memory', request: 'pagewalk/test-write', args: () => ({}) },
];

async function doDeed(session: Scenario, screen: Screen, deed: Deed): Promise<void> {
  if (deed.request !== 'pagewalk/test-write') {
    // Whether it can be done matters to other tests.
    await session.client.ask(deed.request, deed.args(screen));
    return;
  }
  const frameId = topOf(screen);
  const { memoryReference } = await session.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
    expression: 'second.value',
    frameId,
    context: 'watch',
  });
  await session.client.request('writeMemory', { memoryReference, data: Buffer.from([5]).toString('base64') });
}

/** That all that was handed out is there, under the same numbers, and shows what is there now. */
async function check(
  session: Scenario,
  screen: Screen,
  alive: (frameId: number) => boolean,
  after: string,
): Promise<void> {
  for (const thread of screen.threads) {
    const held = [...screen.frames].filter(([, frame]) => frame.thread === thread);
    if (!alive(held[0][0])) continue;
    assert.deepEqual(
      (await session.stack(thread)).map(({ id }) => id),
      held.map(([id]) => id),
      after,
    );
  }
  for (const [id, before] of screen.scopes)
    if (alive(id)) assert.equal(JSON.stringify(await scopesOf(session, id)), before, `${after}: scopes`);
  for (const { path, frameId, reference } of screen.rows) {
    if (!alive(frameId)) continue;
    const rows = await childrenOf(session, reference);
    for (const { name, value, evaluateName, variablesReference } of rows.slice(0, MOST_EXPANDED)) {
      // Ranges have no value, and registers another format.
      if (evaluateName === undefined || /^\$|@/.test(evaluateName)) continue;
      const now = await session.client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
        expression: evaluateName,
        frameId,
        context: 'watch',
      });
      assert.equal(value, now.result, `${after}: ${path}, ${name}`);
      assert.equal(variablesReference > 0, now.variablesReference > 0, `${after}: ${path}, ${name}`);
    }
  }
}

async function standing(client: object): Promise<Scenario> {
  const session = new Scenario();
  await session.client.request('initialize', client);
  await session.client.request('launch', { program: guest.path, tellChanges: false });
  await session.client.event('initialized');
  await session.breakAt(guest.source, lineOf(guest.source, 'everything is there'));
  await session.client.request('configurationDone');
  await session.stopped();
  return session;
}

for (const [name, client] of Object.entries(CLIENTS))
  test(`nothing that ${name} was given dies before execution goes on, whatever is done`, async () => {
    using session = await standing(client);
    const screen = await lookAround(session);
    assert.ok(screen.rows.length > 80, `${screen.rows.length} rows`);
    await check(session, screen, () => true, 'at first');
    for (const deed of fc.sample(fc.shuffledSubarray([...DEEDS], { minLength: 8, maxLength: 8 }), 1)[0]) {
      await doDeed(session, screen, deed);
      await check(session, screen, () => true, deed.name);
    }
    const [parent, child] = screen.threads;
    const childsFrame = [...screen.frames].find(([, { thread }]) => thread === child)![0];
    await session.client.request('evaluate', { expression: 'kill', context: 'repl', frameId: childsFrame });
    const isParents = (id: number): boolean => screen.frames.get(id)!.thread === parent;
    await check(session, screen, isParents, 'the child was killed');
    for (const { frameId, reference } of screen.rows)
      if (!isParents(frameId))
        assert.match(
          await session.client.refusal('variables', { variablesReference: reference }),
          /not there any more, since something was changed/,
        );
  });

test('each thing that can be done leaves everything as it is to be asked for', async () => {
  using session = await standing(CLIENTS['nvim-dap']);
  const screen = await lookAround(session);
  for (const deed of DEEDS) {
    await doDeed(session, screen, deed);
    for (const { path, reference } of screen.rows)
      assert.ok(await childrenOf(session, reference), `${deed.name}: ${path}`);
    for (const [id, before] of screen.scopes)
      assert.equal(JSON.stringify(await scopesOf(session, id)), before, deed.name);
  }
  await check(session, screen, () => true, 'everything was done');
});
