import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { REQUESTS } from '../../src/debug/session.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import type { DapClient } from './dap-client.ts';
import { MessageTypes } from './message-types.ts';
import { lineOf, sample, SAMPLES, Scenario } from './scenario.ts';

const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');
const source = { path: SOURCE };

type Body<R extends { body?: unknown }> = NonNullable<R['body']>;

/** What a capability promises, tried: a sentence each. */
type Trial = (client: DapClient, session: Scenario) => Promise<void>;

const line = (text: string): number => lineOf(SOURCE, text);

async function top(client: DapClient, threadId = 1): Promise<DebugProtocol.StackFrame> {
  const { stackFrames } = await client.request<Body<DebugProtocol.StackTraceResponse>>('stackTrace', { threadId });
  return stackFrames[0];
}

async function scopeNamed(client: DapClient, name: string): Promise<number> {
  const { scopes } = await client.request<Body<DebugProtocol.ScopesResponse>>('scopes', {
    frameId: (await top(client)).id,
  });
  return scopes.find((scope) => scope.name === name)!.variablesReference;
}

async function setAndVerify(client: DapClient, command: string, breakpoint: object, more: object = {}): Promise<void> {
  const { breakpoints } = await client.request<Body<DebugProtocol.SetBreakpointsResponse>>(command, {
    ...more,
    breakpoints: [breakpoint],
  });
  assert.equal(breakpoints[0].verified, true, breakpoints[0].message);
  await client.request(command, { ...more, breakpoints: [] });
}

/** In the order in which they are tried, in one session of the sample that is stopped in `main`. */
const TRIALS: Partial<Record<keyof DebugProtocol.Capabilities, Trial>> = {
  supportsSingleThreadExecutionRequests: async (_, session) => {
    await session.go('stepIn', 1, { singleThread: true });
    await session.go('stepOut', 1, { singleThread: true });
  },
  supportsFunctionBreakpoints: (client) => setAndVerify(client, 'setFunctionBreakpoints', { name: 'child' }),
  supportsConditionalBreakpoints: (client) =>
    setAndVerify(client, 'setBreakpoints', { line: line('counter = 2'), condition: 'counter == 1' }, { source }),
  supportsHitConditionalBreakpoints: (client) =>
    setAndVerify(client, 'setBreakpoints', { line: line('counter = 2'), hitCondition: '>= 1' }, { source }),
  supportsLogPoints: (client) =>
    setAndVerify(client, 'setBreakpoints', { line: line('counter = 2'), logMessage: '{counter}' }, { source }),
  supportsInstructionBreakpoints: async (client) => {
    const { instructionPointerReference } = await top(client);
    await setAndVerify(client, 'setInstructionBreakpoints', {
      instructionReference: instructionPointerReference,
      offset: 4,
    });
  },
  breakpointModes: async (client) => {
    for (const mode of ['any', 'this'])
      await setAndVerify(client, 'setBreakpoints', { line: line('counter = 2'), mode }, { source });
  },
  supportsBreakpointLocationsRequest: async (client) => {
    const body = await client.request<Body<DebugProtocol.BreakpointLocationsResponse>>('breakpointLocations', {
      source,
      line: 1,
      endLine: 1000,
    });
    assert.ok(body.breakpoints.length > 10);
  },
  supportsDataBreakpoints: async (client) => {
    const { dataId } = await client.request<Body<DebugProtocol.DataBreakpointInfoResponse>>('dataBreakpointInfo', {
      variablesReference: await scopeNamed(client, 'Globals'),
      name: 'counter',
    });
    await setAndVerify(client, 'setDataBreakpoints', { dataId, accessType: 'readWrite' });
  },
  supportsDataBreakpointBytes: async (client) => {
    const { dataId } = await client.request<Body<DebugProtocol.DataBreakpointInfoResponse>>('dataBreakpointInfo', {
      name: (await client.request<{ memoryReference: string }>('evaluate', { expression: '&counter' })).memoryReference,
      asAddress: true,
      bytes: 2,
    });
    await setAndVerify(client, 'setDataBreakpoints', { dataId, accessType: 'write' });
  },
  exceptionBreakpointFilters: async (client) => {
    await client.request('setExceptionBreakpoints', { filters: ['fork'] });
  },
  supportsExceptionFilterOptions: async (client) => {
    const { breakpoints } = await client.request<{ breakpoints: { verified: boolean }[] }>('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'fork', condition: '$child == 2' }],
    });
    assert.equal(breakpoints[0].verified, true);
  },
  supportsEvaluateForHovers: async (client) => {
    const frameId = (await top(client)).id;
    await client.request('evaluate', { expression: 'counter', context: 'hover', frameId });
    await client.refusal('evaluate', { expression: 'counter = 5', context: 'hover', frameId });
  },
  supportsCompletionsRequest: async (client) => {
    const { targets } = await client.request<Body<DebugProtocol.CompletionsResponse>>('completions', {
      frameId: (await top(client)).id,
      text: 'coun',
      column: 5,
    });
    assert.ok(targets.some(({ label }) => label === 'counter'));
  },
  completionTriggerCharacters: async (client) => {
    const frameId = (await top(client)).id;
    await client.request('completions', { frameId, text: '$', column: 2 });
  },
  supportsSetVariable: async (client) => {
    const variablesReference = await scopeNamed(client, 'Globals');
    const { value } = await client.request<Body<DebugProtocol.SetVariableResponse>>('setVariable', {
      variablesReference,
      name: 'counter',
      value: '11',
    });
    assert.equal(value, '11');
  },
  supportsSetExpression: async (client) => {
    const frameId = (await top(client)).id;
    const { value } = await client.request<Body<DebugProtocol.SetExpressionResponse>>('setExpression', {
      expression: 'counter',
      value: 'counter + 1',
      frameId,
    });
    assert.equal(value, '12');
  },
  supportsValueFormattingOptions: async (client) => {
    const { variables } = await client.request<Body<DebugProtocol.VariablesResponse>>('variables', {
      variablesReference: await scopeNamed(client, 'Globals'),
      format: { hex: true },
    });
    assert.equal(variables.find(({ name }) => name === 'counter')!.value, '0xc');
  },
  supportsClipboardContext: async (client) => {
    await client.request('evaluate', { expression: 'counter', context: 'clipboard', frameId: (await top(client)).id });
  },
  supportsReadMemoryRequest: async (client) => {
    const { data } = await client.request<{ data: string }>('readMemory', { memoryReference: 'p1:0x10000', count: 4 });
    assert.equal(Buffer.from(data, 'base64').length, 4);
    await client.request('readMemory', { memoryReference: '0x1000', count: 8 });
  },
  supportsWriteMemoryRequest: async (client) => {
    const { memoryReference } = await client.request<{ memoryReference: string }>('evaluate', {
      expression: '&counter',
    });
    await client.request('writeMemory', { memoryReference, data: Buffer.from([1, 0, 0, 0]).toString('base64') });
  },
  supportsDisassembleRequest: async (client) => {
    const { instructionPointerReference: memoryReference } = await top(client);
    const { instructions } = await client.request<Body<DebugProtocol.DisassembleResponse>>('disassemble', {
      memoryReference,
      instructionOffset: -3,
      instructionCount: 9,
      resolveSymbols: true,
    });
    assert.equal(instructions.length, 9);
  },
  supportsDelayedStackTraceLoading: async (client) => {
    const { stackFrames, totalFrames } = await client.request<Body<DebugProtocol.StackTraceResponse>>('stackTrace', {
      threadId: 1,
      startFrame: 0,
      levels: 1,
    });
    assert.ok(stackFrames.length === 1 && totalFrames! > 1);
  },
  supportsLoadedSourcesRequest: async (client) => {
    const { sources } = await client.request<Body<DebugProtocol.LoadedSourcesResponse>>('loadedSources', {});
    assert.ok(sources.some(({ path: at }) => at === SOURCE));
    await client.refusal('source', { sourceReference: 0, source });
  },
  supportsSteppingGranularity: async (_, session) => {
    for (const granularity of ['instruction', 'line', 'statement']) await session.go('next', 1, { granularity });
  },
  supportsExceptionInfoRequest: async (client, session) => {
    const stop = await session.go('continue', 1);
    assert.equal(stop.reason, 'exception');
    await client.request('exceptionInfo', { threadId: stop.threadId });
  },
  supportsTerminateThreadsRequest: async (client) => {
    await client.request('terminateThreads', { threadIds: [2] });
    const { threads } = await client.request<Body<DebugProtocol.ThreadsResponse>>('threads');
    assert.deepEqual(
      threads.map(({ id }) => id),
      [1],
    );
  },
  supportsCancelRequest: async (client) => {
    await client.request('cancel', { requestId: 1 });
  },
  supportsRestartRequest: async (client, session) => {
    await client.request('restart', {});
    await session.stopped();
  },
  supportsTerminateRequest: async (client) => {
    await client.request('terminate', {});
    await client.event('terminated');
  },
};

test('each capability holds, each request is served, and every message is exactly as the protocol types it', async () => {
  const messages = new MessageTypes();
  using session = new Scenario(messages);
  const { client } = session;
  const abilities = await client.request<DebugProtocol.Capabilities>('initialize', {
    adapterID: 'pagewalk',
    supportsMemoryEvent: true,
    supportsInvalidatedEvent: true,
    supportsProgressReporting: true,
  });
  await client.refusal('attach', {});
  await client.refusal('noSuchRequest', {});
  // Steps go into the runtime of the sample.
  await client.request('launch', { ...sample('fork-cow'), justMyCode: false });
  await client.event('initialized');
  const { breakpoints } = await session.breakAt(SOURCE, line('char *note = map_pages'));
  assert.equal(breakpoints[0].verified, true);
  await client.request('setExceptionBreakpoints', { filters: [] });
  await client.request('configurationDone');
  await session.stopped();

  const claimed = Object.keys(abilities).filter((name) => name !== 'supportsConfigurationDoneRequest');
  assert.deepEqual(claimed.sort(), Object.keys(TRIALS).sort(), 'every capability is tried');
  for (const [name, trial] of Object.entries(TRIALS)) {
    await trial(client, session).catch((error: unknown) => {
      throw new Error(`${name}: ${String(error)}`);
    });
  }
  await session.disconnect();

  // What needs a program that runs on and on.
  using running = new Scenario(messages);
  const loop = compileGuest('debug-runs.c', ['-g', '-O0', '-static']);
  await running.start({ program: loop.path, args: ['loop'] });
  await running.client.request('pause', { threadId: 1 });
  await running.stopped();
  await running.disconnect();

  const unserved = Object.keys(REQUESTS).filter((name) => !name.includes('/') && !messages.requests.has(name));
  assert.deepEqual(unserved, [], 'every request is made');
  assert.deepEqual(messages.problems(), []);
});
