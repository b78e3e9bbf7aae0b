import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGuest } from '../differential/compiled-guests.ts';
import { Scenario } from './scenario.ts';

/** What variables of the guest's functions are shown as: what they were made of, and what the library itself writes for them. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string | RegExp>>>> = {
  anything: {
    nothing: 'no value',
    number: '(int) 42',
    text: '(std::string) "held"',
    words: /^\(std::vector<int,.*\) \[3\] \{1, 2, 3\}$/,
    hidden: '((anonymous namespace)::Hidden) {secret = 42}',
    pointer: /^\(const char \*\) 0x[0-9a-f]+ "literal"$/,
  },
  callables: {
    none: 'no function',
    plain: /^0x[0-9a-f]+ <twice>$/,
    object: '(Adder) {base = 5}',
    lambda: '(lambda) {}',
    closure: '(lambda) {__base = 10, __captured = "captured"}',
    method: /^0x[0-9a-f]+ <Method::get>$/,
    reference: '10',
    label: '"captured"',
  },
  numbers: {
    byte: '[8] 10100101',
    empty: '[0]',
    complex: '1.5 - 2.5i',
    values: '[3] {3, 1, 2}',
    flag: 'true',
    real: '0.5',
    set: 'false',
    less: 'less',
    equal: 'equal',
    unordered: 'unordered',
  },
  times: {
    some: '90s',
    milli: '1500ms',
    nano: '-7ns',
    minute: '3min',
    day: '2d',
    real: '0.25s',
    frames: '60[1/30]s',
    then: '2023-11-14 22:13:20.000000000',
    steady: '123456789ns',
    date: '2024-02-29',
    calendar: '2024-02-29',
    friday: 'Fri',
  },
  texts: { file: '"/usr/lib/file.txt"', none: '""', error: 'generic:2', fine: 'system:0', condition: 'generic:13' },
  holders: { good: '5', bad: 'unexpected "failed"', done: 'a value', undone: 'unexpected 3' },
  sequences: {
    fixed: '[4] {1, 2, 3, 4}',
    nothing: '[0] {}',
    bit: 'false',
    bitref: 'false',
    backwards: '3',
    node: '(1, "one")',
    inList: '6',
  },
  threads: { recursive: /^locked by thread \d+, 2 times$/ },
};
/** Expressions over them that are true. */
const TRUE: Readonly<Record<string, readonly string[]>> = {
  callables: ['*reference == 10', 'reference.get() == 10', 'label.get() == "captured"'],
  numbers: ['byte[0] && !byte[1]', 'byte.size() == 8', 'values[2] == 2', 'flag', 'real == 0.5', 'count.load() == 11'],
  times: ['some > 60', 'milli.count() == 1500', 'real == 0.25'],
  texts: ['file == "/usr/lib/file.txt"'],
  holders: ['*good == 5', 'good.has_value()', '!bad.has_value() || true'],
  sequences: ['bits[3] == false', 'fixed.size() == 4', 'fixed[3] == 4'],
};

test('objects of the C++ library that hold one value are shown as that, and are that in expressions', async () => {
  const guest = compileGuest('values-library-more.cpp', ['-std=c++2b', '-g', '-O0', '-static']);
  using session = new Scenario();
  await session.start({ program: guest.path }, { functions: ['checkpoint'] });
  for (const [name, expected] of Object.entries(SHOWN)) {
    await session.stopped();
    const [, { id, name: frame }] = await session.stack(1);
    assert.equal(frame.replace(/\(.*/, ''), name);
    const locals = await session.scope(id, 'Locals');
    for (const [variable, value] of Object.entries(expected)) {
      const shown = locals.find((one) => one.name === variable)?.value;
      if (typeof value === 'string') assert.equal(shown, value, variable);
      else assert.match(shown ?? '', value, variable);
    }
    for (const expression of TRUE[name] ?? []) {
      const truth = await session.evaluate(`(int)(${expression})`, { frameId: id }).catch(String);
      assert.equal(truth, '1', expression);
    }
    await session.client.request('continue', { threadId: 1 });
  }
});
