import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { sample, SAMPLES, Scenario } from './scenario.ts';

const FOLDER = path.resolve('out/scratch/bad-input');
const SOURCE = path.join(SAMPLES, 'fork-cow/fork-cow.c');

function file(name: string, contents: Uint8Array | string): string {
  const at = path.join(FOLDER, name);
  writeFileSync(at, contents, { mode: 0o755 });
  return at;
}

before(() => mkdirSync(FOLDER, { recursive: true }));

/** The message of a launch that has to fail; the session is then as if nothing had happened. */
async function refusedLaunch(attributes: object): Promise<string> {
  using session = new Scenario();
  await session.client.request('initialize', { adapterID: 'pagewalk' });
  const response = await session.client.ask('launch', attributes);
  assert.equal(response.success, false);
  assert.equal((response.body as { error: { showUser: boolean } }).error.showUser, true);
  await session.client.request('launch', sample('fork-cow'));
  await session.disconnect();
  return response.message!;
}

test('a program that cannot be run is refused in one line', async () => {
  const good = readFileSync(sample('fork-cow').program);
  const x86 = file(
    'x86.elf',
    Uint8Array.from(good, (byte, at) => (at === 18 ? 62 : byte)),
  );
  const cases: readonly (readonly [string, RegExp])[] = [
    [path.join(FOLDER, 'nowhere'), /no such file/],
    [FOLDER, /is a directory/],
    [file('text.elf', 'not an ELF file'), /is not an ELF file/],
    [file('empty.elf', ''), /empty|not an ELF file|truncated/],
    [x86, /x86/],
    [file('short.elf', good.subarray(0, 50)), /truncated|not an ELF|end/],
    [file('cut.elf', good.subarray(0, 2000)), /truncated|past the end|beyond|end/],
    [
      file(
        'object.o',
        Uint8Array.from(good, (byte, at) => (at === 16 ? 1 : byte)),
      ),
      /object|not an executable|executable/,
    ],
  ];
  for (const [program, expected] of cases) {
    const message = await refusedLaunch({ program });
    assert.match(message, expected);
    assert.ok(!message.includes('\n') && !message.includes('   at '), message);
  }
});

test('a dynamic linker that is nowhere is named, and the attribute that says where it is', async () => {
  const program = path.join(FOLDER, 'dynamic');
  const options = ['-x', 'c', '-', '-o', program, '-Wl,--dynamic-linker=/lib/nowhere.so'];
  execFileSync('riscv64-linux-gnu-gcc', options, { input: 'int main(void) { return 0; }' });
  assert.match(
    await refusedLaunch({ program }),
    /asks for \/lib\/nowhere\.so, which is in none of the folders that were tried \(.*\): name the one that has it with "sysroot" in launch\.json\.$/,
  );
  assert.match(
    await refusedLaunch({ program, sysroot: path.join(FOLDER, 'none') }),
    /cannot open the directory .*none of "sysroot" in launch\.json/,
  );
});

test('attributes that mean nothing are refused by name', async () => {
  const program = sample('fork-cow').program;
  const cases: readonly (readonly [object, string])[] = [
    [{}, '"program" is missing: name the RISC-V program to run.'],
    [{ program: 7 }, '"program" must be a string.'],
    [{ program, args: 'one' }, '"args" must be an array of strings.'],
    [{ program, env: { A: 1 } }, '"env" must be an object whose values are strings.'],
    [{ program, memory: 'much' }, '"memory" must be a number of bytes, or of K, M or G, such as 512M, not "much".'],
    [{ program, memory: '1K' }, '"memory" must be between 256K and 1G, not "1K".'],
    [{ program, followFork: 'none' }, '"followFork" must be "both" or "parent" or "child", not "none".'],
    [{ program, rootMode: 7 }, '"rootMode" must be a string.'],
    [
      { program, root: FOLDER, rootMode: 'write' },
      '"rootMode" must be "copy-on-write" or "read-only" or "save", not "write".',
    ],
    [{ program, rootMode: 'save' }, '"rootMode" is "save", but "root" is missing: name the folder to save in.'],
    [{ program, aslr: -1 }, '"aslr" must be a whole number that is not negative.'],
    [{ program, schedule: 'often' }, '"schedule" must be a whole number that is not negative.'],
    [{ program, stopOnEntry: 'yes' }, '"stopOnEntry" must be true or false.'],
  ];
  for (const [attributes, message] of cases) assert.equal(await refusedLaunch(attributes), message);
  assert.match(await refusedLaunch({ program, platform: 'cloud' }), /^"platform" must be "independent" or /);
  assert.match(await refusedLaunch({ program, stdin: path.join(FOLDER, 'nowhere') }), /no such file/);
});

test('requests out of order are answered with what is wrong', async () => {
  using session = new Scenario();
  const { client } = session;
  assert.equal(await client.refusal('stackTrace', { threadId: 1 }), 'Nothing has been launched yet.');
  assert.deepEqual(await client.request('threads'), { threads: [] });
  await client.request('initialize', { adapterID: 'pagewalk' });
  await session.breakAt(SOURCE, 3);
  assert.equal(await client.refusal('continue', { threadId: 1 }), 'Nothing has been launched yet.');
  assert.equal(await client.refusal('restart'), 'Nothing has been launched yet.');
  assert.equal(await client.refusal('attach', {}), 'Pagewalk cannot attach to a program: launch it.');
  await client.request('launch', sample('fork-cow'));
  assert.equal(await client.refusal('launch', sample('fork-cow')), 'A program has been launched already.');
  assert.equal(await client.refusal('next', { threadId: 1 }), 'The program has not been started yet.');
  assert.equal(await client.refusal('pause', { threadId: 1 }), 'The program has not been started yet.');
  await client.request('setExceptionBreakpoints', { filters: ['exit', 'no such filter'] });
  await client.request('configurationDone');
  await session.stopped();
  assert.equal(await client.refusal('configurationDone'), 'The configuration is done already.');
  assert.equal(await client.refusal('next', { threadId: 77 }), 'There is no thread 77.');
  assert.equal(await client.refusal('scopes', { frameId: 77 }), 'This frame is gone: the program has run on.');
  assert.equal(await client.refusal('exceptionInfo', { threadId: 1 }), 'This thread has not stopped at an event.');
  assert.equal(await client.refusal('pagewalk/mappings', { pid: 77 }), 'There is no process 77.');
  assert.equal(await client.refusal('pagewalk/pageTable', { pid: 1, table: 0 }), 'Frame 0 is no page table.');
  await session.disconnect();
});

test('malformed requests are answered and do no harm', async () => {
  using session = new Scenario();
  const { client } = session;
  await session.start(sample('fork-cow'), { lines: { [SOURCE]: [33] } });
  await session.stopped();
  const malformed: readonly (readonly [string, unknown])[] = [
    ['stackTrace', undefined],
    ['stackTrace', { threadId: 'one' }],
    ['scopes', []],
    ['variables', { variablesReference: 1.5 }],
    ['setBreakpoints', {}],
    ['setBreakpoints', { source: { path: SOURCE }, breakpoints: 'all' }],
    ['setBreakpoints', { source: { path: SOURCE }, breakpoints: [{ line: 'x' }] }],
    ['setFunctionBreakpoints', { breakpoints: [{}] }],
    ['setExceptionBreakpoints', { filters: [1] }],
    ['readMemory', { memoryReference: 'here', count: 1 }],
    ['readMemory', { memoryReference: '0x10000', count: -1 }],
    ['readMemory', { memoryReference: '0x10000', count: 1e12 }],
    ['writeMemory', { memoryReference: '0x11000', data: '%%%' }],
    ['disassemble', { memoryReference: '0x10000', instructionCount: 1e9 }],
    ['evaluate', { expression: 3 }],
    ['pagewalk/pages', { pid: 1, start: 'x', end: '0x0' }],
    ['pagewalk/pageTable', { pid: 1, table: 2, level: 99 }],
    ['pagewalk/mappings', null],
    ['pagewalk/mappings', { pid: 1, skip: -1 }],
    ['pagewalk/mappings', { pid: 1, count: 'all' }],
    ['noSuchRequest', {}],
    ['constructor', {}],
  ];
  for (const [command, args] of malformed) {
    const message = await client.refusal(command, args);
    assert.ok(!/Cannot read|is not a function|undefined/.test(message), `${command}: ${message}`);
  }
  client.send('this is not JSON');
  client.send('{"type":"response","request_seq":1}');
  client.send('[]');
  assert.equal((await session.where(1))[0], 'main:33');
  assert.match(client.printed, /^The client sent something that is no message: /);
  await session.disconnect();
});

test('a program without debug information is debugged by function and address', async () => {
  const stripped = file('stripped', '');
  execFileSync('riscv64-linux-gnu-strip', ['-g', '-o', stripped, sample('fork-cow').program]);
  using session = new Scenario();
  await session.start({ program: stripped }, { lines: { [SOURCE]: [33] }, functions: ['child'] });
  await session.stopped();
  assert.equal(session.client.printed, 'stripped has no line table: compile it with -g to see its source.\n');
  assert.match((await session.where(2)).join(' '), /^child:\d+ main:\? _start:\?/);
  assert.deepEqual(await session.values(2, 'Locals'), {});
  assert.match(await session.evaluate('counter'), /<counter>$/);
  await session.go('next', 2, { granularity: 'instruction' });
  await session.go('stepOut', 2);
  assert.match((await session.where(2)).join(' '), /^main:\d+/);
  await session.disconnect();
});

test('hostile debug information neither stops nor slows a session', async () => {
  const good = readFileSync(sample('fork-cow').program);
  // Everything behind the loaded segments: debug sections, symbols and section headers.
  for (const seed of [1, 2, 3, 4]) {
    let state = seed;
    const bytes = Uint8Array.from(good, (byte, at) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return at > 0x1000 && state % 97 === 0 ? state >>> 8 : byte;
    });
    using session = new Scenario();
    await session.start({ program: file(`hostile${seed}`, bytes), stopOnEntry: true }, { lines: { [SOURCE]: [33] } });
    // Damaged symbols may name a main that is never reached.
    const end = session.client.event('terminated').then(() => 'ended');
    if ((await Promise.race([session.stopped(), end])) === 'ended') continue;
    const [frame] = await session.stack(1);
    for (const scope of ['Locals', 'Registers', 'Task']) await session.scope(frame.id, scope);
    await session.disconnect();
  }
});
