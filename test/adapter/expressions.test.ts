import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compileGuest } from '../differential/compiled-guests.ts';
import { lineOf, Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

const guest = compileGuest('debug-expressions.c', ['-g', '-O0', '-static']);
const at = (text: string): number => lineOf(guest.source, text);

/** A session that stands in main, after its variables have their values. */
async function inMain(transcript?: Transcript): Promise<Disposable & { session: Scenario; frameId: number }> {
  const session = new Scenario(transcript);
  await session.start({ program: guest.path }, { lines: { [guest.source]: [at('page[0] = (char)')] } });
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  return { session, frameId, [Symbol.dispose]: () => session[Symbol.dispose]() };
}

test('a watch takes C expressions, with types and conversions as C has them', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  assert.equal(await value('first.next->value * 2 - 1'), '13');
  assert.equal(await value('(*first.next).at.y'), '4');
  assert.equal(await value('second.ready + 1'), '2');
  assert.equal(await value('values[1] + *(values + 2)'), '50');
  assert.equal(await value('&values[3] - values'), '3');
  assert.equal(await value('sizeof(struct node) + sizeof values'), '40');
  assert.equal(await value('counter > 39 && ratio < 1 ? -1 : 1u'), '4294967295');
  assert.equal(await value('(char)300'), "44 ','");
  assert.equal(await value('-7 / 2'), '-3');
  assert.equal(await value('1.0f / 3'), '0.33333334');
  assert.equal(await value('color'), 'BLUE (10)');
  assert.equal(await value('(enum color)1'), 'GREEN (1)');
  assert.equal(await value('color == BLUE'), '1');
  assert.equal(await value('name'), await value('&name[0]'));
  assert.equal(await value('name == "pagewalk" && name != "page"'), '1');
  assert.equal(await value('((struct node *)$s0 == 0) + 1'), '1');
  assert.equal(await value('next_number::last'), '6');
  assert.equal(await value('debug-expressions.c::counter'), '40');
  assert.equal(await value("'debug-expressions.c'::counter + 2"), '42');
  assert.equal(await value('values[1]@2'), '{20, 30}');
  assert.equal(await value('*argv@1 , s'), await value('argv,1'));
  assert.equal(await value('&values[2],2'), '{30, 40}');
  await session.disconnect();
});

test('a format after a comma says how a value is written', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const value = (expression: string, more: object = {}): Promise<string> =>
    session.evaluate(expression, { frameId, ...more });
  assert.equal(await value('counter,x'), '0x28');
  assert.equal(await value('-1,x'), '0xffffffff');
  assert.equal(await value('-1,u'), '4294967295');
  assert.equal(await value('counter,b'), '0b101000');
  assert.equal(await value('counter,o'), '050');
  assert.equal(await value('counter,c'), "40 '('");
  assert.equal(await value('values,x'), '{0xa, 0x14, 0x1e, 0x28}');
  assert.equal(await value('values,d', { format: { hex: true } }), '{10, 20, 30, 40}');
  assert.equal(await value('counter + 0', { format: { hex: true } }), '0x28');
  await session.disconnect();
});

test('what is wrong with an expression is said in its words, with the column', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const wrong = (expression: string): Promise<string> =>
    session.client.refusal('evaluate', { expression, frameId, context: 'watch' });
  assert.equal(await wrong('first.nxt'), 'There is no member nxt in struct node (column 7); did you mean next?');
  assert.equal(
    await wrong('countr'),
    'There is no variable, function or symbol called countr here; did you mean counter?',
  );
  assert.equal(await wrong('1 + (counter'), 'There is no ) for this ( (column 5).');
  assert.equal(await wrong('counter +'), 'An operand is missing at the end.');
  assert.equal(await wrong('counter counter'), 'counter is not expected here (column 9).');
  assert.equal(await wrong('counter / (counter - 40)'), 'Division by zero.');
  assert.equal(await wrong('first + 1'), 'A value of type struct node cannot be used here.');
  assert.equal(await wrong('second.next->value'), 'second.next->value has no value: cannot read memory at 0x0.');
  assert.equal(await wrong('(struct nod *)0'), 'There is no type struct nod (column 2); did you mean struct node?');
  assert.equal(await wrong('$presure'), 'No register or variable is called $presure.');
  assert.equal(await wrong('$refcont'), 'No register or variable is called $refcont; did you mean $refcount?');
  assert.equal(await wrong('$cause'), '$cause has no value: this stop is at no event.');
  assert.equal(
    await wrong('printf("x")'),
    'printf cannot be called: functions of the program are not executed by the debugger.',
  );
  assert.equal(
    await wrong('counter = 1'),
    'This would change the program: assign in the debug console or in the Variables view.',
  );
  await session.disconnect();
});

test('pages are asked for with functions of an address', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  assert.equal(await value('refcount(page)'), '0');
  assert.match(await value('owners(page)'), /^none: no page is present$/);
  assert.match(await value('pte(&counter)'), /^0x[0-9a-f]+ VRW-U-AD$/);
  assert.equal(await value('pte(&counter) & 1'), '1');
  assert.equal(await value('frame(&counter) == frame((char *)&counter + 1)'), '1');
  assert.match(await value('owners(&counter)'), /^1: pid 1 at 0x[0-9a-f]+$/);
  assert.equal(await value('mapping(&status) == "[stack]"'), '1');
  assert.match(await value('mapping(main)'), /debug-expressions-c\S* 0x[0-9a-f]+-0x[0-9a-f]+ r-xp$/);
  assert.match(await value('walk(&counter)'), /^physical 0x[0-9a-f]+$/);
  assert.equal(await value('walk(&counter) == frame(&counter) * 4096ul + (long)&counter % 4096'), '1');
  assert.match(await value('walk(0)'), /^no translation: a load faults: nothing is mapped here/);
  assert.equal(
    await session.client.refusal('evaluate', { expression: 'frame(0)', frameId }),
    'frame() has no value: no page is present at 0x0.',
  );
  await session.disconnect();
});

test('the debug console assigns, and knows commands of gdb; views are told to read again', async () => {
  const transcript = new Transcript([[/debug-expressions-c[\w-]*/g, 'GUEST']]);
  using stopped = await inMain(transcript);
  const { session } = stopped;
  const [main] = await session.stack(1, 1);
  const typed = async (expression: string): Promise<void> => {
    await session.client.request('evaluate', { expression, frameId: main.id, context: 'repl' });
  };
  session.note('commands');
  await typed('p counter');
  await typed('p/x values');
  await typed('print *first.next');
  await typed('x/4dw values');
  await typed('x/s name');
  await typed('ptype struct node');
  await typed('whatis first.next->at.x');
  await typed('help');
  await typed('bt');
  await typed('info locals');
  await typed('info symbol &counter');
  await typed('explain &counter');
  await typed('set var counter = 40');
  await session.client.event('invalidated');
  session.note('assignments');
  for (const expression of [
    'counter = values[3] + 2',
    'first.next->ready = 0',
    'name++',
    'first = second',
    '$t0 = -1',
    'ratio /= 4',
  ]) {
    const [frame] = await session.stack(1, 1);
    await session.client.request('evaluate', { expression, frameId: frame.id, context: 'repl' });
    await session.client.event('invalidated');
  }
  session.note('what they have changed');
  const [frame] = await session.stack(1, 1);
  for (const expression of ['counter', 'second.ready', '*name', 'first', '$t0', 'ratio'])
    await session.client.request('evaluate', { expression, frameId: frame.id, context: 'watch' });
  session.note('setExpression');
  await session.client.request('setExpression', { expression: 'values[0]', value: 'counter * 2', frameId: frame.id });
  await session.client.event('invalidated');
  const [after] = await session.stack(1, 1);
  await session.client.request('setExpression', { expression: '$a5', value: '(long)&counter', frameId: after.id });
  await session.client.event('invalidated');
  const [last] = await session.stack(1, 1);
  await session.client.refusal('setExpression', { expression: '1 + 1', value: '2', frameId: last.id });
  await session.client.refusal('setExpression', { expression: 'counter', value: 'countr + 2', frameId: last.id });
  await session.disconnect();
  transcript.check('expressions-console');
});

test('a value in the Variables view is set to an expression, within the range of its type', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const { scopes } = await session.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
  const { variablesReference } = scopes.find(({ name }) => name === 'Locals')!;
  const set = { variablesReference, name: 'color' };
  assert.equal(
    await session.client.refusal('setVariable', { ...set, value: 'values[9' }),
    'There is no ] for this [ (column 7).',
  );
  const { value } = await session.client.request<{ value: string }>('setVariable', { ...set, value: 'values[0] / 10' });
  assert.equal(value, 'GREEN (1)');
  await session.client.event('invalidated');
  await session.disconnect();
});

test('the console completes names, members, registers and commands', async () => {
  using main = await inMain();
  const { session, frameId } = main;
  const complete = async (text: string): Promise<string[]> => {
    const { targets } = await session.client.request<DebugProtocol.CompletionsResponse['body']>('completions', {
      text,
      column: text.length + 1,
      frameId,
    });
    for (const { start, length, label } of targets)
      assert.ok(
        label.toLowerCase().startsWith(text.slice(start! - 1, start! - 1 + length!).toLowerCase()),
        `${text}: ${label}`,
      );
    return targets.map(({ label }) => label);
  };
  assert.deepEqual(await complete('first.'), ['value', 'ready', 'other', 'next', 'at']);
  assert.deepEqual(await complete('1 + first.next->a'), ['at']);
  assert.deepEqual(await complete('(*(&second)).at.'), ['x', 'y']);
  assert.deepEqual(await complete('((struct node *)name)[2].ne'), ['next']);
  assert.deepEqual((await complete('2 * fi')).slice(0, 1), ['first']);
  assert.ok((await complete('coun')).includes('counter'));
  assert.ok((await complete('$re')).includes('$refcount'));
  assert.deepEqual(await complete('$sp'), ['$sp']);
  assert.ok((await complete('p')).includes('print'));
  assert.ok((await complete('1 == BL')).includes('BLUE'));
  assert.ok((await complete('ref')).includes('refcount'));
  assert.deepEqual(await complete('1.'), []);
  assert.deepEqual(await complete('name == "co'), []);
  await session.disconnect();
});

test('conditions, hit conditions and log messages are expressions; what is wrong with them is told when they are set', async () => {
  const transcript = new Transcript([[/debug-expressions-c[\w-]*/g, 'GUEST']]);
  using session = new Scenario(transcript);
  const line = at('sum += list->value');
  session.note('one that cannot be read, one that means nothing there, and one that picks a turn');
  await session.start(
    { program: guest.path },
    {
      lines: {
        [guest.source]: [
          { line: line - 1, condition: 'i == ' },
          { line: line + 1, condition: 'j == 3' },
          { line: at('return sum'), condition: 'sum != list->value * (limit * (limit - 1) / 2)' },
          { line, condition: 'list->value == 5 && (i & 15) == 7', hitCondition: '% (list->next->value - 5)' },
        ],
      },
    },
  );
  await session.stopped();
  const [frame] = await session.stack(1, 1);
  await session.client.request('evaluate', { expression: 'i', frameId: frame.id, context: 'watch' });
  session.note('a log message');
  await session.breakAt(guest.source, {
    line,
    condition: 'i > 96',
    logMessage: 'turn {i}: {sum + 1,x} \\{as it is} {list->at.x ? "a" : "b"} {j}',
  });
  await session.finish(1);
  await session.disconnect();
  transcript.check('expressions-conditions');
});

test('a filter with a condition stops at the events for which it is true, with the names of the frames around', async () => {
  const transcript = new Transcript([[/debug-expressions-c[\w-]*/g, 'GUEST']]);
  using session = new Scenario(transcript);
  const { client } = session;
  session.note('what is wrong is told');
  await session.start({ program: guest.path }, { lines: { [guest.source]: [at('page[0] = (char)')] } });
  await session.stopped();
  await client.request('setExceptionBreakpoints', {
    filters: [],
    filterOptions: [
      { filterId: 'fault:cow', condition: '$va ==' },
      { filterId: 'fork', condition: '$chid == 2' },
      { filterId: 'nested-cow', condition: '1' },
      { filterId: 'no-such', condition: '1' },
    ],
  });
  await client.request('setExceptionBreakpoints', {
    filters: [],
    filterOptions: [
      { filterId: 'fault:cow', condition: '$va == page && $access == "store" && $pid == 2 && refcount($va) == 2' },
      { filterId: 'fork', condition: 'values[0] == 11' },
      { filterId: 'exit', condition: '$exitcode == 3' },
      { filterId: 'exec', condition: 'no_such_name' },
    ],
  });
  session.note('the child writes to the page');
  await session.go('continue', 1);
  const [frame] = await session.stack(2, 1);
  for (const expression of [
    '$cause',
    '$access',
    '$va',
    '$mapping',
    '$refcount',
    '$event',
    '$frame == frame($va)',
    'owners($va)',
  ])
    await client.request('evaluate', { expression, frameId: frame.id, context: 'watch' });
  session.note('it exits');
  await session.go('continue', 2);
  const [exit] = await session.stack(2, 1);
  await client.request('evaluate', { expression: '$exitcode + 1', frameId: exit.id, context: 'watch' });
  assert.equal(await session.evaluate('$_exitcode * 100 + $_inferior * 10 + $_thread', { frameId: exit.id }), '322');
  await session.finish(1);
  await session.disconnect();
  transcript.check('expressions-filters');
});

test('a cast from a virtual base, and a dynamic one, find the object as the program does', async () => {
  for (const compiler of ['gcc', 'clang'] as const) {
    const program = compileGuest('virtual-bases.cpp', ['-g', '-O0', '-static'], compiler);
    using session = new Scenario();
    await session.start(
      { program: program.path },
      { lines: { [program.source]: [lineOf(program.source, 'return whole')] } },
    );
    await session.stopped();
    const [{ id: frameId }] = await session.stack(1, 1);
    const refusal = (expression: string): Promise<string> =>
      session.client.refusal('evaluate', { expression, frameId, context: 'watch' });
    for (const same of [
      '(lib::Whole *)inWhole == wholeFound',
      '(lib::Left *)inWhole == leftFound',
      '(lib::Right *)inWhole == rightFound',
      '(lib::Right *)inHidden == rightOfHidden',
      '(lib::Other *)inOther == otherFound',
      '((lib::Whole *)inWhole)->w == 4',
      '(lib::Whole *)(lib::Base *)(lib::Right *)inWhole == &whole',
      '(lib::Whole *)none == 0',
      'dynamic_cast<lib::Right *>(inHidden) == rightOfHidden',
      'dynamic_cast<const lib::Left *>(rightFound) == leftFound',
      'dynamic_cast<lib::Base *>(leftFound) == inWhole',
      'dynamic_cast<void *>(rightFound) == &whole',
      'dynamic_cast<lib::Other *>(inWhole) == nullptr',
      'dynamic_cast<lib::Whole *>(byItself) == nullptr',
      'dynamic_cast<lib::Whole *>(none) == nullptr',
      'reinterpret_cast<lib::Right *>(&whole) == (void *)&whole',
      'dynamic_cast<lib::B *>(inFirst) == bOfFirst',
      'dynamic_cast<lib::B *>(inSecond) == bOfSecond && bOfSecond != nullptr && bOfSecond != bOfFirst',
      'dynamic_cast<lib::B *>(aside) == bOfSide',
      'dynamic_cast<lib::B *>(inClosed) == bOfClosed',
      'dynamic_cast<lib::B *>((lib::A *)&oneB) == bItself',
      'dynamic_cast<lib::A *>((lib::C2 *)&several) == aOfSecond && aOfSecond == inSecond',
      'dynamic_cast<lib::A *>(aside) == aOfSide',
      'dynamic_cast<lib::A *>(asideOfClosed) == aOfOpened',
      'dynamic_cast<lib::C1 *>(inSecond) == c1OfSecond && c1OfSecond == (lib::C1 *)&several',
      'dynamic_cast<lib::C2 *>(aside) == c2OfSide && c2OfSide != nullptr',
      'dynamic_cast<lib::D *>(inSecond) == dOfSecond && dOfSecond == &several',
      'dynamic_cast<lib::Side *>(inSecond) == sideOfSecond && sideOfSecond == aside',
      'dynamic_cast<lib::Side *>(inClosed) == sideOfClosed',
      'dynamic_cast<lib::Closed *>(inClosed) == closedOfInside',
      'dynamic_cast<lib::Closed *>(asideOfClosed) == closedOfSide && closedOfSide == &opened',
      'dynamic_cast<lib::Opened *>(inClosed) == openedOfInside',
      'dynamic_cast<lib::Left *>(inTwice) == leftOfTwice',
      'dynamic_cast<lib::Left *>(rightOfTwice) == leftOfRight',
      'dynamic_cast<lib::Whole *>(inTwice) == wholeOfTwice && wholeOfTwice != nullptr',
    ])
      assert.equal(await session.evaluate(same, { frameId }), '1', same);
    assert.match(await refusal('(lib::Other *)inWhole'), /^The object is a lib::Whole, which is no lib::Other/);
    assert.match(await refusal('(lib::Whole *)byItself'), /^The object is a lib::Base, which is no lib::Whole/);
    assert.match(await refusal('(lib::OfPlain *)plain'), /virtual base without virtual functions/);
    assert.match(await refusal('dynamic_cast<lib::OfPlain *>(plain)'), /has no virtual functions/);
    assert.match(await refusal('dynamic_cast<lib::Whole *>(3)'), /takes pointers to classes/);
    assert.match(await refusal('dynamic_cast<lib::A *>(&several)'), /^A lib::D has several parts of class lib::A/);
    assert.match(await refusal('(lib::Whole *)inBox'), /^The object is a lib::Box<int>, which is no lib::Whole/);
    await session.disconnect();
  }
});

test('a function of an inline namespace is found by the name that the program calls it by', async () => {
  const program = compileGuest('inline-namespaces.cpp', ['-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: program.path }, { functions: ['lib::twice'] });
  assert.match((await session.stopped()).own.reason, /lib::twice/);
  const [{ id: frameId, name }] = await session.stack(1, 1);
  assert.equal(name, 'lib::v2::twice');
  assert.equal(await session.evaluate('lib::count + count + lib::twice::calls + lib::both + top', { frameId }), '43');
  await session.disconnect();
});

test('in a member function of C++ its object, its class and its namespace are looked through', async () => {
  const program = compileGuest('expressions.cpp', ['-g', '-O0', '-static']);
  using session = new Scenario();
  const line = lineOf(program.source, 'return local + area');
  await session.start({ program: program.path }, { lines: { [program.source]: [line] } });
  await session.stopped();
  const [{ id: frameId }] = await session.stack(1, 1);
  const value = (expression: string): Promise<string> => session.evaluate(expression, { frameId });
  assert.equal(await value('id + 0'), '11');
  assert.equal(await value('x * factor'), '-10');
  assert.equal(await value('alias'), '40');
  assert.equal(await value('&alias == &::counter'), '1');
  assert.equal(await value('hidden + area + made'), '123');
  assert.equal(await value('kind == Kind::Circle && size == LARGE'), '1');
  assert.equal(await value('this->box.content'), '-8');
  assert.equal(await value('reference + 2'), '42');
  assert.equal(await value('((Shape *)placed)->id'), '11');
  assert.equal(await value('sizeof(Box<short>) + sizeof(Placed)'), '18');
  await session.disconnect();
});
