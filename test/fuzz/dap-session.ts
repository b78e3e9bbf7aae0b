import { PassThrough } from 'node:stream';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { nodeDebugHost } from '../../src/cli/node-debug-host.ts';
import { PagewalkSession } from '../../src/debug/session.ts';
import { Random } from '../differential/random.ts';

const SAMPLE = path.resolve('samples/fork-cow/fork-cow');
const SOURCE = path.resolve('samples/fork-cow/fork-cow.c');

/** Requests with arguments as an editor sends them, in no order; they are what is bent. */
const REQUESTS: readonly (readonly [command: string, args: unknown])[] = [
  ['initialize', { adapterID: 'pagewalk', supportsMemoryEvent: true, supportsInvalidatedEvent: true }],
  ['launch', { program: SAMPLE, sourceMap: { '/pagewalk/samples': path.resolve('samples') }, memory: '16M' }],
  ['attach', {}],
  ['configurationDone', {}],
  ['setBreakpoints', { source: { path: SOURCE }, breakpoints: [{ line: 17, condition: 'counter == 2', mode: 'any' }] }],
  [
    'setBreakpoints',
    { source: { path: SOURCE }, breakpoints: [{ line: 33, hitCondition: '> 0', logMessage: '{pid}' }] },
  ],
  ['setFunctionBreakpoints', { breakpoints: [{ name: 'child' }, { name: 'syscall:write', condition: '$a0 == 1' }] }],
  ['setInstructionBreakpoints', { breakpoints: [{ instructionReference: '0x10202', offset: 2 }] }],
  [
    'setExceptionBreakpoints',
    { filters: ['fork', 'cow-break'], filterOptions: [{ filterId: 'exit', condition: '1' }] },
  ],
  ['dataBreakpointInfo', { variablesReference: 1, name: 'counter' }],
  ['dataBreakpointInfo', { name: '0x11844', asAddress: true, bytes: 4 }],
  ['dataBreakpointInfo', { name: 'pte(&counter)', frameId: 1, mode: 'this' }],
  [
    'setDataBreakpoints',
    { breakpoints: [{ dataId: 'memory p1:0x11844+4 any signed - - counter', accessType: 'write' }] },
  ],
  ['setDataBreakpoints', { breakpoints: [{ dataId: 'pte p1:0x11000+0 any bytes - - ', hitCondition: '2' }] }],
  ['pagewalk/setWatches', { watches: [{ kind: 'page', pid: 1, va: '0x11000', access: 'any' }] }],
  ['pagewalk/setWatches', { watches: [{ kind: 'refcount', pid: 2, va: '0x11000', when: 'one', condition: '$pid' }] }],
  ['pagewalk/setRunScope', { scope: 'process' }],
  ['pagewalk/processes', {}],
  ['pagewalk/mappings', { pid: 1 }],
  ['pagewalk/pages', { pid: 1, start: '0x10000', end: '0x20000', skip: 0, count: 5 }],
  ['pagewalk/pageTable', { pid: 1, table: 3, level: 1, base: '0x0' }],
  ['breakpointLocations', { source: { path: SOURCE }, line: 10, endLine: 30 }],
  ['threads', {}],
  ['stackTrace', { threadId: 1, startFrame: 0, levels: 3 }],
  ['scopes', { frameId: 1 }],
  ['variables', { variablesReference: 1, start: 0, count: 10, filter: 'indexed', format: { hex: true } }],
  ['setVariable', { variablesReference: 1, name: 'counter', value: '7' }],
  ['setExpression', { expression: 'counter', value: 'counter + 1', frameId: 1 }],
  ['evaluate', { expression: '*(int *)&counter + $sp', frameId: 1, context: 'watch' }],
  ['evaluate', { expression: 'counter = 3', context: 'repl' }],
  ['completions', { text: 'cou', column: 3, frameId: 1 }],
  ['exceptionInfo', { threadId: 1 }],
  ['loadedSources', {}],
  ['source', { sourceReference: 0, source: { path: SOURCE } }],
  ['readMemory', { memoryReference: 'p1:0x11844', offset: -4, count: 64 }],
  ['writeMemory', { memoryReference: '0x11844', data: 'AAAA', allowPartial: true }],
  ['disassemble', { memoryReference: '0x10202', instructionOffset: -5, instructionCount: 20 }],
  ['continue', { threadId: 1, singleThread: false }],
  ['next', { threadId: 1, granularity: 'line' }],
  ['stepIn', { threadId: 1, granularity: 'instruction' }],
  ['stepOut', { threadId: 1 }],
  ['pause', { threadId: 1 }],
  ['terminateThreads', { threadIds: [2] }],
  ['cancel', { requestId: 1, progressId: 'step-1' }],
  ['restart', {}],
  ['terminate', {}],
  ['disconnect', {}],
  ['noSuchRequest', {}],
];

/** Values that fit nowhere, or nearly. */
const ODDITIES: readonly unknown[] = [
  null, true, false, 0, 1, -1, 2, 3, 0.5, 1e300, -1e300, 2 ** 31, 2 ** 53, '', '0', 'x', '0x', '0x11844', 'p1:0x11000', 'p9:0x0',
  '0xffffffffffffffff', '$', '((((', '*0', '1/0', 'counter', '__proto__', 'constructor', 'toString', 'a'.repeat(5000), '\u0000',
  [], {}, [null], [[]], [{}], { __proto__: null }, [1, 'x'], { path: 7 }, { path: '' }, { name: {} },
]; // prettier-ignore

/** What came of a run of messages. */
export interface FuzzResult {
  readonly messages: number;
  readonly answered: number;
  readonly succeeded: ReadonlySet<string>;
}

/** Messages to one adapter before it gets another one. */
const MESSAGES_A_SESSION = 400;

/**
 * Sends messages to adapters: requests in any order, most of them bent, some that are none, some cut into pieces.
 * @throws where an adapter throws, breaks, says that it failed, or does not answer a request exactly once
 */
export async function fuzzAdapter(messages: number, seed: number): Promise<FuzzResult> {
  const succeeded = new Set<string>();
  let [sent, answered] = [0, 0];
  for (let session = 0; sent < messages; session++) {
    const count = Math.min(MESSAGES_A_SESSION, messages - sent);
    answered += await fuzzSession(
      count,
      new Random(seed + session),
      (command) => succeeded.add(command),
      seed + session,
    );
    sent += count;
  }
  return { messages: sent, answered, succeeded };
}

async function fuzzSession(
  count: number,
  random: Random,
  succeed: (command: string) => void,
  seed: number,
): Promise<number> {
  const input = new PassThrough();
  const output = new PassThrough();
  let hasLeft = false;
  const session = new PagewalkSession(nodeDebugHost, () => (hasLeft = true));
  const asked = new Map<number, string>();
  let answered = 0;
  const fail = (what: string): never => {
    throw new Error(`seed ${seed}: ${what}`);
  };
  session.onDidSendMessage((message) => {
    const { type } = message as DebugProtocol.ProtocolMessage;
    if (type === 'response') {
      const {
        request_seq,
        success,
        command,
        message: text,
        body,
      } = message as Omit<DebugProtocol.Response, 'body'> & {
        body?: unknown;
      };
      learn(body, known);
      if (text?.startsWith('Pagewalk failed')) problems.push(text);
      if (success) succeed(command);
      if (asked.delete(request_seq)) answered++;
    } else if (type === 'event') {
      const { event, body } = message as Omit<DebugProtocol.Event, 'body'> & { body?: { output?: string } };
      const { output: text = '' } = body ?? {};
      if (event === 'output' && text.startsWith('Pagewalk itself failed')) problems.push(text);
    }
  });
  const problems: string[] = [];
  const known: Known = { frameId: 1, variablesReference: 1 };
  const burst: (readonly [string, object])[] = [];
  output.resume();
  session.start(input, output);
  for (let at = 0; at < count && !hasLeft; at++) {
    // Until there is something to break, an adapter that is asked nothing sensible refuses everything.
    const setUp = at < 8 ? SET_UP[at] : undefined;
    const seq = at + 1;
    if (burst.length === 0 && random.below(8) === 0) burst.push(...BURST);
    const [command, args] = setUp ?? current(burst.shift(), known) ?? bent(random);
    if (setUp || random.below(20) > 0) {
      asked.set(seq, String(command));
      send(input, JSON.stringify({ seq, type: 'request', command, arguments: args }), random);
    } else send(input, junk(random, seq), random);
    if (problems.length > 0) fail(`${problems[0]} after ${String(command)} ${JSON.stringify(args)}`);
    // The program runs between messages.
    if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  input.end();
  await new Promise((resolve) => setImmediate(resolve));
  session.shutdown();
  if (problems.length > 0) fail(problems[0]);
  // What the adapter took for no request at all, because a field that makes one was bent, has no answer.
  const unanswered = [...asked.values()];
  if (!hasLeft && unanswered.length > 0) fail(`no answer to ${unanswered.slice(0, 3).join(', ')}`);
  return answered;
}

const SET_UP: readonly (readonly [string, unknown])[] = [REQUESTS[0], REQUESTS[1], REQUESTS[8], REQUESTS[3]];

/** What an editor asks when the program has stopped. */
const BURST: readonly (readonly [string, object])[] = [
  ['pause', {}],
  ['threads', {}],
  ['stackTrace', { threadId: 1 }],
  ['scopes', { frameId: 0 }],
  ['variables', { variablesReference: 0 }],
  ['variables', { variablesReference: 0 }],
  ['dataBreakpointInfo', { variablesReference: 0, name: 'before' }],
  ['evaluate', { frameId: 0, expression: 'counter + 1', context: 'hover' }],
];

/** Ids that the adapter has told last. */
interface Known {
  frameId: number;
  variablesReference: number;
}

function learn(body: unknown, known: Known): void {
  const { stackFrames, scopes, variables } = (body ?? {}) as Partial<
    DebugProtocol.StackTraceResponse['body'] &
      DebugProtocol.ScopesResponse['body'] &
      DebugProtocol.VariablesResponse['body']
  >;
  if (stackFrames?.[0]) known.frameId = stackFrames[0].id;
  for (const { variablesReference } of [...(scopes ?? []), ...(variables ?? [])])
    if (variablesReference > 0) known.variablesReference = variablesReference;
}

/** A request with the ids that are good now. */
function current(request: readonly [string, object] | undefined, known: Known): readonly [string, object] | undefined {
  if (!request) return undefined;
  const args = { ...request[1] } as Partial<Known>;
  if ('frameId' in args) args.frameId = known.frameId;
  if ('variablesReference' in args) args.variablesReference = known.variablesReference;
  return [request[0], args];
}

function bent(random: Random): readonly [unknown, unknown] {
  const [command, args] = random.pick(REQUESTS);
  // An end is rarer than in an editor: the rest of the messages would find nothing.
  if ((command === 'disconnect' || command === 'terminate') && random.below(10) > 0) return ['threads', {}];
  if (random.below(3) === 0) return [command, args];
  return [command, twisted(args, random)];
}

/** The value with a part replaced, removed or added. */
function twisted(value: unknown, random: Random): unknown {
  if (random.below(8) === 0) return random.pick(ODDITIES);
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => (random.below(2) ? twisted(item, random) : (item as unknown)));
    return random.below(6) === 0 ? [...items, random.pick(ODDITIES)] : items;
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(() => random.below(8) > 0)
        .map(([name, field]) => [name, random.below(2) ? twisted(field, random) : (field as unknown)]),
    );
  if (typeof value === 'number') return value + random.pick([0, 1, -1, 2, 10, 4096]);
  if (typeof value === 'string' && value !== SAMPLE && random.below(2)) {
    const at = random.below(value.length + 1);
    return (
      value.slice(0, at) + random.pick(['', '0', ' ', '(', ':', '-', 'p', '\n']) + value.slice(at + random.below(2))
    );
  }
  return value;
}

/** Something that is no request. */
function junk(random: Random, seq: number): string {
  const whole = JSON.stringify({ seq, type: 'request', command: 'threads' });
  return random.pick([
    'null',
    '7',
    '[]',
    '{}',
    '{"type":"request"}',
    `{"type":"response","request_seq":${seq},"success":true}`,
    '{"type":"event","event":"stopped"}',
    `{"type":"request","seq":"${seq}","command":{}}`,
    whole.slice(0, random.below(whole.length)),
    '\u0000\u0001',
  ]);
}

/** Writes a message, sometimes in two pieces. */
function send(input: PassThrough, text: string, random: Random): void {
  const bytes = Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  const at = random.below(4) === 0 ? random.below(bytes.length) : 0;
  if (at > 0) input.write(bytes.subarray(0, at));
  input.write(bytes.subarray(at));
}
